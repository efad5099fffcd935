using Sequin.Core.Segments;

namespace Sequin.Postgres.Log.Segments;

/// <summary>A segment as a row.</summary>
internal static class SegmentRows
{
    public const string Columns = """
        stream_id, base_offset, last_offset, count, kind, audience, first_commit_time, last_commit_time, last_commit_lsn, tables, index,
        payload
        """;

    /// <summary>Takes the values of <see cref="Values"/>.</summary>
    public const string Insert = $"""
        INSERT INTO sequin.segments ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """;

    public static object?[] Values(Segment segment) =>
    [
        segment.Stream.Value, segment.BaseOffset, segment.LastOffset, segment.Count, (short)segment.Kind,
        LogTypes.Parameter(segment.Audience?.Value), LogTypes.Timestamp(segment.FirstCommitTimeMicros),
        LogTypes.Timestamp(segment.LastCommitTimeMicros), LogTypes.Parameter(segment.LastCommitLsn), segment.Tables, segment.Index,
        segment.Payload,
    ];
}
