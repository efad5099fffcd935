using Sequin.Postgres.Backfills;
using Sequin.Postgres.Log.Backfills;

namespace Sequin.Server.Backfills;

/// <summary>A backfill and how far it is, with every key that clients of Sequin look for.</summary>
internal sealed record BackfillResponse
{
    public required Guid Id { get; init; }

    /// <summary>The consumer's name.</summary>
    public required string SinkConsumer { get; init; }

    /// <summary><c>schema.table</c>, quoted as in SQL where needed.</summary>
    public required string Table { get; init; }
    public required BackfillState State { get; init; }

    /// <summary>Why it failed, and what to do; else null.</summary>
    public required string? Error { get; init; }
    public required string? SortColumn { get; init; }
    public required string? StartPosition { get; init; }
    public required IReadOnlyList<BackfillConditionResponse> Filter { get; init; }
    public required int MaxTimeoutMs { get; init; }

    /// <summary>An estimate of the whole table; null: PostgreSQL has not counted.</summary>
    public required long? RowsInitialCount { get; init; }

    /// <summary>Read from the source.</summary>
    public required long RowsProcessedCount { get; init; }

    /// <summary>Of those the ones that came into the stream: of the others a newer change is there already.</summary>
    public required long RowsIngestedCount { get; init; }

    /// <summary>Read from the source, as it sent them.</summary>
    public required long BytesProcessed { get; init; }
    public required long Chunks { get; init; }

    /// <summary>Read once more, because the table was changed meanwhile.</summary>
    public required long ChunksRepeated { get; init; }

    /// <summary>By the estimate, never 100 before it is complete; null: there is no estimate.</summary>
    public required int? Percent { get; init; }

    /// <summary>While it was read; null: nothing was.</summary>
    public required double? RowsPerSecond { get; init; }

    /// <summary>By the estimate, while it is active; else null.</summary>
    public required double? EtaSeconds { get; init; }
    public required DateTimeOffset InsertedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public required DateTimeOffset? CompletedAt { get; init; }
    public required DateTimeOffset? CanceledAt { get; init; }

    public static BackfillResponse Of(BackfillRecord backfill, string consumer)
    {
        var progress = backfill.Progress;
        var processed = progress.RowsRead + progress.RowsSuperseded;
        double? rate = backfill.Busy > TimeSpan.Zero && processed > 0 ? Math.Round(processed / backfill.Busy.TotalSeconds, 1) : null;
        return new BackfillResponse
        {
            Id = backfill.Id.Value,
            SinkConsumer = consumer,
            Table = backfill.Request.Table.ToString(),
            State = backfill.State,
            Error = backfill.Error,
            SortColumn = backfill.Request.SortColumn,
            StartPosition = backfill.Request.StartPosition,
            Filter = [.. backfill.Request.Filter.Select(BackfillConditionResponse.Of)],
            MaxTimeoutMs = backfill.MaxTimeoutMs,
            RowsInitialCount = backfill.RowsEstimated,
            RowsProcessedCount = processed,
            RowsIngestedCount = progress.RowsRead,
            BytesProcessed = progress.BytesRead,
            Chunks = progress.Chunks,
            ChunksRepeated = progress.ChunksRepeated,
            Percent = PercentOf(backfill, processed),
            RowsPerSecond = rate,
            EtaSeconds = EtaOf(backfill, processed, rate),
            InsertedAt = backfill.CreatedAt,
            UpdatedAt = backfill.UpdatedAt,
            CompletedAt = backfill.State == BackfillState.Completed ? backfill.FinishedAt : null,
            CanceledAt = backfill.State == BackfillState.Cancelled ? backfill.FinishedAt : null,
        };
    }

    private static int? PercentOf(BackfillRecord backfill, long processed) => (backfill.State, backfill.RowsEstimated) switch
    {
        (BackfillState.Completed, _) => 100,
        (_, null) => null,
        (_, var rows) => (int)Math.Min(99, processed * 100 / Math.Max(1, rows.Value)),
    };

    private static double? EtaOf(BackfillRecord backfill, long processed, double? rate) =>
        backfill is { State: BackfillState.Active, RowsEstimated: { } rows } && rate is > 0
            ? Math.Round(Math.Max(0, rows - processed) / rate.Value, 1)
            : null;
}

/// <param name="Column">Compared.</param>
/// <param name="Operator">How.</param>
/// <param name="Value">With what, as texts.</param>
internal sealed record BackfillConditionResponse(string Column, FilterOperator Operator, IReadOnlyList<string> Value)
{
    public static BackfillConditionResponse Of(FilterCondition condition) => new(condition.Column, condition.Operator, condition.Values);
}
