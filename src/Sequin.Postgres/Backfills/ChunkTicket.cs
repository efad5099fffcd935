using Sequin.Core.Backfills;
using Sequin.Postgres.Log.Backfills;

namespace Sequin.Postgres.Backfills;

/// <summary>What becomes of one attempt at a chunk, for the one who read it.</summary>
internal sealed class ChunkTicket
{
    private readonly TaskCompletionSource<ChunkVerdict> _judged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _durable = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// What its watermark carries: of this attempt only. The watermark of an earlier one may still be on its way.
    /// </summary>
    public Guid Id { get; } = Guid.NewGuid();

    /// <summary>The pump has met the watermark. The chunk's memory is the reader's again.</summary>
    public Task<ChunkVerdict> Judged => _judged.Task;

    /// <summary>Its rows and the cursor behind them are in the log. Never, when the pump ends before.</summary>
    public Task Durable => _durable.Task;

    public void OnJudged(ChunkVerdict verdict) => _judged.SetResult(verdict);

    public void OnNoStream(string message) => _judged.SetException(new InvalidOperationException(message));

    public void OnDurable() => _durable.SetResult();
}

/// <summary>A chunk whose rows are in a batch.</summary>
internal sealed record LandedChunk(ChunkWritten Written, ChunkTicket Ticket);
