using Sequin.Core.Changes;

namespace Sequin.Postgres.Log.Segments;

/// <summary>What a <see cref="StartPosition"/> means in a stream.</summary>
public abstract record FoundPosition
{
    private FoundPosition()
    {
    }

    /// <param name="StartAfter">The first message is the one behind this offset.</param>
    /// <param name="SinceMicros">
    /// Messages that were committed before this time, microseconds since the Unix epoch, are to be passed over: transactions that
    /// commit at once need not be in the log in the order of their times. 0: none.
    /// </param>
    public sealed record At(long StartAfter, long SinceMicros) : FoundPosition;

    /// <param name="OldestOffset">What was asked for was deleted; this is the oldest message kept.</param>
    public sealed record NotKept(long OldestOffset) : FoundPosition;

    /// <param name="LastOffset">The stream ends here, before the offset that was asked for.</param>
    public sealed record OffsetBeyondEnd(long LastOffset) : FoundPosition;

    /// <param name="Now">What was asked for is later, by the log database's clock.</param>
    public sealed record TimeBeyondEnd(DateTimeOffset Now) : FoundPosition;

    /// <param name="EndLsn">What was asked for is behind it: the log is complete only up to here.</param>
    public sealed record LsnBeyondEnd(Lsn EndLsn) : FoundPosition;

    /// <param name="BeginsLsn">The LSNs of the present epoch begin here; what was asked for is below, and may mean another place.</param>
    public sealed record OtherEpoch(Lsn BeginsLsn) : FoundPosition;
}
