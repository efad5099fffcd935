using Sequin.Core.Identity;
using Sequin.Postgres.Backfills;

namespace Sequin.Postgres.Log.Backfills;

/// <summary>A backfill as the catalog holds it.</summary>
public sealed record BackfillRecord
{
    public const int MaxTimeoutMsDefault = 5000;

    public required BackfillId Id { get; init; }
    public required ConsumerId ConsumerId { get; init; }
    public required BackfillRequest Request { get; init; }

    /// <summary>Of one query on the source.</summary>
    public int MaxTimeoutMs { get; init; } = MaxTimeoutMsDefault;
    public BackfillState State { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; init; }

    /// <summary>Behind the last row in the log; null: none was read.</summary>
    public BackfillCursor? Cursor { get; init; }

    /// <summary>Of the whole table, when PostgreSQL has counted.</summary>
    public long? RowsEstimated { get; init; }
    public BackfillProgress Progress { get; init; }
    /// <summary>What its chunks took, without the times it was paused or held back.</summary>
    public TimeSpan Busy { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Null: it has not ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
}

/// <param name="RowsRead">Written into the stream.</param>
/// <param name="RowsSuperseded">Left out, because a newer change of them was in the stream already.</param>
/// <param name="BytesRead">Of both, as the source sent them.</param>
/// <param name="Chunks">Written.</param>
/// <param name="ChunksRepeated">Read once more, because their table had changed or the server was restarted.</param>
public readonly record struct BackfillProgress(long RowsRead, long RowsSuperseded, long BytesRead, long Chunks, long ChunksRepeated);
