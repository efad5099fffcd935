namespace Sequin.Postgres.Backfills;

/// <summary>What backfills may cost, and how patient they are. The defaults are for production; tests shorten them.</summary>
public sealed record BackfillLimits
{
    /// <summary>Chunks of one database that are read at the same time. Default 4.</summary>
    public int ReadersMax { get; init; } = 4;

    /// <summary>Backfills of one database that take turns; the next begin when one of these ends. Default 100.</summary>
    public int RunningMax { get; init; } = 100;

    /// <summary>With more messages than this before it, a consumer gets no rows until it has caught up. Default 1,000,000.</summary>
    public long BacklogMessagesMax { get; init; } = 1_000_000;

    /// <summary>
    /// What a chunk's messages should have in bytes. Smaller ones pay more for their watermarks; larger ones hold up the changes
    /// that are written behind them. Default 1 MiB.
    /// </summary>
    public int ChunkBytes { get; init; } = 1024 * 1024;

    /// <summary>What is read at once, for several chunks; twice that is in memory for each of the readers. Default 4 MiB.</summary>
    public int PageBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>How soon a new, paused or cancelled backfill is noticed. Default 500 ms.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often a consumer that is too far behind is looked at. Default 500 ms.</summary>
    public TimeSpan BacklogInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The first wait after a failure; each further one is twice as long. Default 200 ms.</summary>
    public TimeSpan RetryDelayFirst { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait after a failure. Default 10 s.</summary>
    public TimeSpan RetryDelayMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A chunk of one row that runs out of time so often fails the backfill. Default 5.</summary>
    public int TimeoutsMax { get; init; } = 5;
}
