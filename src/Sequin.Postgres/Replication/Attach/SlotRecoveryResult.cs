using Sequin.Core.Changes;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Replication.Attach;

/// <summary>What came of a recovery.</summary>
public abstract record SlotRecoveryResult
{
    /// <param name="GapId">The gap that was closed; null when nothing had ever been streamed, so that nothing is missing.</param>
    /// <param name="From">The stream goes on with what commits after it.</param>
    /// <param name="SourceEpoch">The new one.</param>
    public sealed record Recovered(Guid? GapId, Lsn From, int SourceEpoch) : SlotRecoveryResult;

    /// <param name="Why">A sentence.</param>
    public sealed record NothingToRecover(string Why) : SlotRecoveryResult;

    /// <summary>Somebody else has the slot.</summary>
    /// <param name="Why">A sentence.</param>
    public sealed record InUse(string Why) : SlotRecoveryResult;

    /// <summary>Another recovery of the database is running, or a silo is just looking whether it can stream.</summary>
    public sealed record Busy : SlotRecoveryResult;

    /// <param name="Problem">What must be mended first.</param>
    public sealed record Refused(SourceProblem Problem) : SlotRecoveryResult;
}
