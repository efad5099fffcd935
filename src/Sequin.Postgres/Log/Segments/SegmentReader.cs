using System.Data;
using Npgsql;
using Sequin.Core.Identity;
using Sequin.Core.Segments;

namespace Sequin.Postgres.Log.Segments;

/// <summary>Reads segments from the log. Rows are read as they arrive, so that only the segment's own arrays are allocated.</summary>
public sealed class SegmentReader(NpgsqlDataSource source)
{
    private const string Columns = """
        base_offset, count, kind, audience, first_commit_time, last_commit_time, last_commit_lsn, tables, index, payload
        """;

    // The start is the segment that holds the offset, found from the key; `last_offset > $2` alone would walk all before it. Sizes
    // come from the TOAST pointers: nothing is decompressed for a segment that is not returned. The first is returned at any size.
    private const string ReadAfter = $"""
        SELECT {Columns} FROM (
            SELECT *, sum(bytes) OVER (ORDER BY base_offset) - bytes AS bytes_before FROM (
                SELECT *, octet_length(index) + octet_length(payload) AS bytes FROM sequin.segments
                WHERE stream_id = $1 AND last_offset > $2 AND base_offset >= coalesce((
                    SELECT base_offset FROM sequin.segments
                    WHERE stream_id = $1 AND base_offset <= $2 ORDER BY base_offset DESC LIMIT 1), 0)
                ORDER BY base_offset LIMIT $4) candidates) sized
        WHERE bytes_before = 0 OR bytes_before + bytes <= $3
        ORDER BY base_offset
        """;

    private const string ReadOldest = "SELECT base_offset FROM sequin.segments WHERE stream_id = $1 ORDER BY base_offset LIMIT 1";
    private const string ReadHead = "SELECT last_offset FROM sequin.segments WHERE stream_id = $1 ORDER BY base_offset DESC LIMIT 1";

    /// <summary>The segments that hold offsets above <paramref name="afterOffset"/>, in order, from the oldest still kept.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="afterOffset">The first segment may begin at or before it; its messages up to here are the caller's to skip.</param>
    /// <param name="maxBytes">Of index and payload; the first segment comes even when it alone is larger.</param>
    /// <param name="maxSegments">At most this many.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public async Task<IReadOnlyList<Segment>> ReadAsync(
        StreamKey stream, long afterOffset, long maxBytes, int maxSegments, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(ReadAfter).With(stream.Value, afterOffset, maxBytes, maxSegments);
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken);
        var segments = new List<Segment>();
        while (await reader.ReadAsync(cancellationToken))
            segments.Add(await ReadRowAsync(reader, stream, cancellationToken));
        return segments;
    }

    /// <summary>The segment that holds one offset; null when it is not written yet, or no longer kept.</summary>
    public async Task<Segment?> FindAsync(StreamKey stream, long offset, CancellationToken cancellationToken)
    {
        var found = await ReadAsync(stream, offset - 1, maxBytes: 0, maxSegments: 1, cancellationToken);
        return found is [var segment] && segment.BaseOffset <= offset ? segment : null;
    }

    /// <summary>The last offset of a stream; 0 when it is empty.</summary>
    public async Task<long> ReadHeadAsync(StreamKey stream, CancellationToken cancellationToken) =>
        await source.ReadValueAsync<long>(ReadHead, [stream.Value], cancellationToken) ?? 0;

    /// <summary>The oldest offset kept of a stream; 1 when it is empty.</summary>
    public async Task<long> ReadOldestAsync(StreamKey stream, CancellationToken cancellationToken) =>
        await source.ReadValueAsync<long>(ReadOldest, [stream.Value], cancellationToken) ?? 1;

    /// <summary>The last offset of a stream, and the time that its next segment must not fall behind.</summary>
    public async Task<StreamEnd> ReadEndAsync(StreamKey stream, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT last_offset, last_commit_time FROM sequin.segments WHERE stream_id = $1 ORDER BY base_offset DESC LIMIT 1
            """;
        var ends = await source.ReadListAsync(
            sql, [stream.Value], row => new StreamEnd(row.GetInt64(0), row.ReadMicros(1)), cancellationToken);
        return ends is [var end] ? end : StreamEnd.Empty;
    }

    // Sequential access: columns in the order of the select list, each once.
    private static async Task<Segment> ReadRowAsync(NpgsqlDataReader row, StreamKey stream, CancellationToken cancellationToken) => new()
    {
        Stream = stream,
        BaseOffset = row.GetInt64(0),
        Count = row.GetInt32(1),
        Kind = (SegmentKind)row.GetInt16(2),
        Audience = row.ReadOrNull<Guid?>(3) is { } consumer ? new ConsumerId(consumer) : null,
        FirstCommitTimeMicros = row.ReadMicros(4),
        LastCommitTimeMicros = row.ReadMicros(5),
        LastCommitLsn = row.ReadLsn(6),
        Tables = row.GetFieldValue<string[]>(7),
        Index = await row.GetFieldValueAsync<byte[]>(8, cancellationToken),
        Payload = await row.GetFieldValueAsync<byte[]>(9, cancellationToken),
    };
}
