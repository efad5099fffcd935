namespace Sequin.Postgres.Backfills;

/// <summary>What came of reading a chunk.</summary>
internal abstract record ChunkReadResult
{
    private ChunkReadResult()
    {
    }

    public sealed record Read(BackfillChunk Chunk) : ChunkReadResult;

    /// <summary>The table is gone, has another key, or cannot be read like this any more; trying again will not help.</summary>
    public sealed record Refused(BackfillRefusal Refusal) : ChunkReadResult;

    /// <summary>The source stopped it at its time limit; fewer rows may do.</summary>
    public sealed record TimedOut : ChunkReadResult;
}
