using Npgsql;
using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Core.Segments;

namespace Sequin.Postgres.Log.Segments;

/// <summary>
/// Searches a stream for something that rises with its offsets: by halves over the bounds of its segments, then in the index of one.
/// </summary>
internal sealed class SegmentBounds(NpgsqlDataSource source)
{
    private const string ReadAt = """
        SELECT base_offset, last_offset, last_commit_time, last_commit_lsn FROM sequin.segments
        WHERE stream_id = $1 AND base_offset <= $2 ORDER BY base_offset DESC LIMIT 1
        """;

    private const string ReadIndex = """
        SELECT base_offset, index FROM sequin.segments WHERE stream_id = $1 AND base_offset <= $2 ORDER BY base_offset DESC LIMIT 1
        """;

    /// <summary>The first message of which something holds that holds of none before it.</summary>
    /// <param name="stream">Where.</param>
    /// <param name="first">From this offset on.</param>
    /// <param name="last">Up to this one.</param>
    /// <param name="isIn">Whether a segment, or one before it, has such a message.</param>
    /// <param name="isIt">Whether the messages of a run are such.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>Its offset; null: there is none.</returns>
    public async Task<long?> FindFirstAsync(
        StreamKey stream, long first, long last, Func<Bounds, bool> isIn, Func<SegmentRun, bool> isIt,
        CancellationToken cancellationToken)
    {
        var (low, high) = (first, last);
        long? found = null;
        while (low <= high)
        {
            var middle = low + ((high - low) / 2);
            var bounds = await source.ReadOneAsync(ReadAt, [stream.Value, middle], Read, cancellationToken);
            if (bounds is null || bounds.LastOffset < low)
            {
                // Deleted while we look.
                low = middle + 1;
            }
            else if (isIn(bounds))
            {
                found = bounds.BaseOffset;
                high = bounds.BaseOffset - 1;
            }
            else
            {
                low = bounds.LastOffset + 1;
            }
        }

        return found is { } segment ? await FindInAsync(stream, segment, first, isIt, cancellationToken) : null;
    }

    private async Task<long?> FindInAsync(
        StreamKey stream, long segment, long first, Func<SegmentRun, bool> isIt, CancellationToken cancellationToken)
    {
        var row = await source.ReadOneAsync(
            ReadIndex, [stream.Value, segment], row => new { BaseOffset = row.GetInt64(0), Index = row.GetFieldValue<byte[]>(1) },
            cancellationToken);
        if (row is null)
            return segment;
        foreach (var run in new SegmentIndex(row.Index).Runs)
        {
            if (isIt(run))
                return Math.Max(first, row.BaseOffset + run.FirstIndex);
        }

        // Its bounds count what was before it, too.
        return segment;
    }

    private static Bounds Read(NpgsqlDataReader row) => new(row.GetInt64(0), row.GetInt64(1), row.ReadMicros(2), row.ReadLsn(3));

    /// <param name="BaseOffset">Its first offset.</param>
    /// <param name="LastOffset">Its last one.</param>
    /// <param name="LastCommitTimeMicros">The latest commit time of the stream up to its end.</param>
    /// <param name="LastCommitLsn">The last commit LSN in it.</param>
    internal sealed record Bounds(long BaseOffset, long LastOffset, long LastCommitTimeMicros, Lsn LastCommitLsn);
}
