using Sequin.Core.Identity;
using Sequin.Postgres.Log.Backfills;

namespace Sequin.Postgres.Backfills;

/// <summary>What backfills ask of, and tell, the process they run in.</summary>
public interface IBackfillHost
{
    /// <summary>Messages of its stream that a consumer has not read yet.</summary>
    Task<long> ReadBacklogAsync(ConsumerId consumer, CancellationToken cancellationToken);

    /// <summary>A chunk has its place in the stream.</summary>
    void OnChunk(int rows, int superseded, long bytes);

    /// <summary>A chunk is read again, because its table was changed meanwhile.</summary>
    void OnChunkRepeated();

    /// <summary>The source or the log database failed, and a backfill tries again.</summary>
    void OnRetry();

    /// <summary>It has ended for now.</summary>
    void OnEnded(BackfillState state);
}
