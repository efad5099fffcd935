using System.Collections.Concurrent;
using Sequin.Core.Identity;
using Sequin.Postgres.Backfills;
using Sequin.Postgres.Log.Backfills;

namespace Sequin.Postgres.Tests.Backfills;

/// <summary>Lets a backfill read a chunk when a test says so: a consumer with an endless backlog gets nothing.</summary>
internal sealed class GatedBackfills : IBackfillHost
{
    private int _chunks;
    private int _repeated;
    private int _allowed;
    private int _retries;

    /// <summary>With a place in the stream.</summary>
    public int Chunks => Volatile.Read(ref _chunks);
    public int Repeated => Volatile.Read(ref _repeated);
    public int Retries => Volatile.Read(ref _retries);
    public ConcurrentQueue<BackfillState> Ends { get; } = [];

    /// <summary>Chunks may be read until there are so many.</summary>
    public void AllowUpTo(int chunks) => Volatile.Write(ref _allowed, chunks);

    public void Open() => AllowUpTo(int.MaxValue);

    public Task<long> ReadBacklogAsync(ConsumerId consumer, CancellationToken cancellationToken) =>
        Task.FromResult(Chunks < Volatile.Read(ref _allowed) ? 0 : long.MaxValue);

    public void OnChunk(int rows, int superseded, long bytes) => Interlocked.Increment(ref _chunks);

    public void OnChunkRepeated() => Interlocked.Increment(ref _repeated);

    public void OnRetry() => Interlocked.Increment(ref _retries);

    public void OnEnded(BackfillState state) => Ends.Enqueue(state);
}
