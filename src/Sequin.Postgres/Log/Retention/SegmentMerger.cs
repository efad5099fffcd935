using Npgsql;
using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Core.Segments;
using Sequin.Postgres.Log.Segments;

namespace Sequin.Postgres.Log.Retention;

/// <summary>
/// Makes large segments of small old ones: a stream in which little happens has one a message. Offsets, bytes and order stay. Who
/// reads meanwhile sees either the small ones or the large one, because each read is one statement.
/// </summary>
public sealed class SegmentMerger(NpgsqlDataSource source)
{
    /// <summary>Only segments that are committed for so long: the newest are read from memory, and soon have a full one's company.</summary>
    public static readonly TimeSpan AgeMin = TimeSpan.FromMinutes(1);

    /// <summary>Fewer are not worth the writing.</summary>
    private const int SegmentsMin = 8;
    private const int OpenSegmentsMin = 100;

    /// <summary>Looked at in one call.</summary>
    private const int LookedAtMax = 2000;

    private readonly SegmentReader _reader = new(source);

    /// <summary>Merges what can be merged behind an offset.</summary>
    /// <param name="stream">Where.</param>
    /// <param name="after">Everything up to here is as it should be.</param>
    /// <param name="cancellationToken">Ends it between two merges.</param>
    /// <returns>Up to where it is now as it should be, and how many segments went.</returns>
    public async Task<(long After, int Merged)> RunAsync(StreamKey stream, long after, CancellationToken cancellationToken)
    {
        var merged = 0;
        var run = new List<Small>();
        foreach (var segment in await ListAsync(stream, after, cancellationToken))
        {
            if (run.Count > 0 && !Fits(run, segment))
            {
                merged += await MergeAsync(stream, run, cancellationToken);
                after = run[^1].LastOffset;
                run.Clear();
            }

            run.Add(segment);
        }

        // The last run may still grow: it is worth its writing when it is long, and is looked at again.
        if (run.Count >= OpenSegmentsMin)
            merged += await MergeAsync(stream, run, cancellationToken);
        return (after, merged);
    }

    private static bool Fits(List<Small> run, Small next) =>
        run[0].Audience == next.Audience && run[0].Kind == next.Kind && run[^1].LastOffset + 1 == next.BaseOffset
        && next.LastOffset - run[0].BaseOffset < SegmentLimits.MessagesMax
        && run.Sum(small => small.PayloadBytes) + next.PayloadBytes <= SegmentLimits.PayloadBytesMax;

    private async Task<List<Small>> ListAsync(StreamKey stream, long after, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT base_offset, last_offset, audience, kind, octet_length(payload) FROM sequin.segments
            WHERE stream_id = $1 AND base_offset > $2 AND last_commit_time < now() - $3
              AND base_offset < (SELECT max(base_offset) FROM sequin.segments WHERE stream_id = $1)
            ORDER BY base_offset LIMIT $4
            """;
        return await source.ReadListAsync(
            sql, [stream.Value, after, AgeMin, LookedAtMax],
            row => new Small(row.GetInt64(0), row.GetInt64(1), row.ReadOrNull<Guid?>(2), row.GetInt16(3), row.GetInt32(4)),
            cancellationToken);
    }

    private async Task<int> MergeAsync(StreamKey stream, List<Small> run, CancellationToken cancellationToken)
    {
        if (run.Count < SegmentsMin)
            return 0;
        var segments = await _reader.ReadAsync(
            stream, run[0].BaseOffset - 1, 2L * SegmentLimits.PayloadBytesMax, run.Count, cancellationToken);
        if (segments.Count != run.Count || segments[0].BaseOffset != run[0].BaseOffset)
            return 0;
        return await ReplaceAsync(Merge(segments), run.Count, cancellationToken) ? run.Count - 1 : 0;
    }

    /// <summary>One segment with the messages of several, in their order.</summary>
    internal static Segment Merge(IReadOnlyList<Segment> segments)
    {
        var builder = new SegmentBuilder(segments[0].Stream);
        foreach (var segment in segments)
        {
            var entries = segment.Entries;
            for (var i = 0; i < segment.Count; i++)
            {
                var run = entries.RunOf(i);
                var header = new ChangeHeader(
                    run.CommitLsn, run.CommitTimeMicros, run.FirstOrdinal + i - run.FirstIndex, segment.Tables[entries.Tables[i]],
                    entries.Actions[i], entries.Groups[i], entries.FormerGroup(i));
                builder.Append(header, segment.Message(i).Span);
            }
        }

        return builder.Seal(segments[0].BaseOffset, segments[0].Kind, segments[0].Audience) with
        {
            LastCommitTimeMicros = segments[^1].LastCommitTimeMicros,
        };
    }

    /// <returns>False: somebody else has changed them; nothing was done.</returns>
    private async Task<bool> ReplaceAsync(Segment merged, int count, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // As retention does: of two who change what is old, one waits.
        await using (var alone = new NpgsqlCommand("SELECT FROM sequin.streams WHERE id = $1 FOR UPDATE", connection).With(merged.Stream.Value))
            await alone.ExecuteNonQueryAsync(cancellationToken);
        await using var delete = new NpgsqlCommand(
            "DELETE FROM sequin.segments WHERE stream_id = $1 AND base_offset BETWEEN $2 AND $3", connection)
            .With(merged.Stream.Value, merged.BaseOffset, merged.LastOffset);
        if (await delete.ExecuteNonQueryAsync(cancellationToken) != count)
            return false;
        await using var insert = new NpgsqlCommand(SegmentRows.Insert, connection).With(SegmentRows.Values(merged));
        await insert.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    private sealed record Small(long BaseOffset, long LastOffset, Guid? Audience, short Kind, int PayloadBytes);
}
