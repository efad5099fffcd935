using Npgsql;
using Sequin.Core.Identity;
using Sequin.Core.Segments;

namespace Sequin.Postgres.Log.Segments;

/// <summary>Looks single messages up: by the index of their segment, which is small, without the whole payload.</summary>
public sealed class MessageLookup(NpgsqlDataSource source)
{
    // The end is looked at last, or a search behind the head would walk through the whole stream.
    private const string ReadIndex = """
        SELECT base_offset, tables, index FROM (
            SELECT * FROM sequin.segments WHERE stream_id = $1 AND base_offset <= $2 ORDER BY base_offset DESC LIMIT 1) found
        WHERE last_offset >= $2
        """;

    private const string ReadSlice = """
        SELECT substring(payload FROM $3 FOR $4) AS slice FROM sequin.segments WHERE stream_id = $1 AND base_offset = $2
        """;

    /// <summary>When the transaction of a message committed; null when it is not written yet, or no longer kept.</summary>
    public async Task<DateTimeOffset?> ReadCommitTimeAsync(StreamKey stream, long offset, CancellationToken cancellationToken) =>
        await ReadIndexAsync(stream, offset, cancellationToken) is { } segment ? CommitTime(segment, offset) : null;

    /// <returns>Null when it is not written yet, or no longer kept.</returns>
    public async Task<LoggedMessage?> FindAsync(StreamKey stream, long offset, CancellationToken cancellationToken)
    {
        if (await ReadIndexAsync(stream, offset, cancellationToken) is not { } segment)
            return null;

        var (start, length) = Slice(segment, offset);
        var slice = await source.ReadOneAsync(
            ReadSlice, [stream.Value, segment.BaseOffset, start + 1, length], row => row.GetFieldValue<byte[]>(0), cancellationToken);
        return slice is null ? null : Message(segment, offset, slice);
    }

    private Task<IndexRow?> ReadIndexAsync(StreamKey stream, long offset, CancellationToken cancellationToken) =>
        source.ReadOneAsync(
            ReadIndex, [stream.Value, offset],
            row => new IndexRow(row.GetInt64(0), row.GetFieldValue<string[]>(1), row.GetFieldValue<byte[]>(2)), cancellationToken);

    private static LoggedMessage Message(IndexRow segment, long offset, byte[] stored)
    {
        var entries = new SegmentIndex(segment.Index);
        var at = (int)(offset - segment.BaseOffset);
        return new LoggedMessage(
            offset, segment.Tables[entries.Tables[at]], entries.Actions[at], CommitTime(segment, offset), stored);
    }

    private static DateTimeOffset CommitTime(IndexRow segment, long offset) =>
        LogTypes.Timestamp(new SegmentIndex(segment.Index).RunOf((int)(offset - segment.BaseOffset)).CommitTimeMicros);

    private static (int Start, int Length) Slice(IndexRow segment, long offset)
    {
        var ends = new SegmentIndex(segment.Index).Ends;
        var at = (int)(offset - segment.BaseOffset);
        var start = at == 0 ? 0 : ends[at - 1] + 1;
        return (start, ends[at] - start);
    }

    private sealed record IndexRow(long BaseOffset, string[] Tables, byte[] Index);
}
