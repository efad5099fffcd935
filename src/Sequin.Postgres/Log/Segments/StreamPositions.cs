using Npgsql;
using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Core.Segments;

namespace Sequin.Postgres.Log.Segments;

/// <summary>Finds places in streams, and keeps them from being deleted while a consumer is put there.</summary>
public sealed class StreamPositions(NpgsqlDataSource source)
{
    /// <summary>The source's clock may be so much ahead of ours.</summary>
    public static readonly TimeSpan ClockSkewMax = TimeSpan.FromMinutes(1);

    private const string ReadOldest = "SELECT base_offset FROM sequin.segments WHERE stream_id = $1 ORDER BY base_offset LIMIT 1";

    private readonly SegmentBounds _segments = new(source);

    /// <summary>What a wish means now.</summary>
    /// <returns>Null: there is no such stream.</returns>
    public async Task<FoundPosition?> FindAsync(StreamKey stream, StartPosition wanted, CancellationToken cancellationToken)
    {
        if (await ReadAsync(stream, cancellationToken) is not { } known)
            return null;
        return wanted switch
        {
            StartPosition.Now => new FoundPosition.At(known.Last, 0),
            StartPosition.Beginning => new FoundPosition.At(known.Oldest - 1, 0),
            StartPosition.AtOffset { Offset: var offset } when offset < known.Oldest => new FoundPosition.NotKept(known.Oldest),
            StartPosition.AtOffset { Offset: var offset } when offset > known.Last + 1 => new FoundPosition.OffsetBeyondEnd(known.Last),
            StartPosition.AtOffset { Offset: var offset } => new FoundPosition.At(offset - 1, 0),
            StartPosition.AtTimestamp { Micros: var micros } => await FindTimeAsync(stream, known, micros, cancellationToken),
            StartPosition.AtLsn { Lsn: var lsn } => await FindLsnAsync(stream, known, lsn, cancellationToken),
            var unknown => throw new ArgumentException($"Nothing is known of {unknown}."),
        };
    }

    /// <summary>
    /// Before a consumer is put behind an offset: from then on retention, if it had not seen that, does not delete what is there. A
    /// consumer that is created does the same by being written.
    /// </summary>
    /// <returns>The oldest offset kept, when what is behind <paramref name="startAfter"/> was deleted already; else null.</returns>
    public async Task<long?> HoldAsync(StreamKey stream, long startAfter, CancellationToken cancellationToken)
    {
        // Waits for a deletion that is under way; the next statement sees what it left.
        await source.ExecuteAsync(
            "UPDATE sequin.streams SET positions_version = positions_version + 1 WHERE id = $1", [stream.Value], cancellationToken);
        var oldest = await source.ReadValueAsync<long>(ReadOldest, [stream.Value], cancellationToken) ?? 1;
        return oldest > startAfter + 1 ? oldest : null;
    }

    /// <returns>The oldest offset and the last one; 0: nothing is in it.</returns>
    public async Task<(long Oldest, long Last)> ReadEndsAsync(StreamKey stream, CancellationToken cancellationToken)
    {
        const string last = "SELECT last_offset FROM sequin.segments WHERE stream_id = $1 ORDER BY base_offset DESC LIMIT 1";
        return (await source.ReadValueAsync<long>(ReadOldest, [stream.Value], cancellationToken) ?? 0,
            await source.ReadValueAsync<long>(last, [stream.Value], cancellationToken) ?? 0);
    }

    private async Task<FoundPosition> FindTimeAsync(StreamKey stream, Known known, long micros, CancellationToken cancellationToken)
    {
        if (micros > known.NowMicros + (long)ClockSkewMax.TotalMicroseconds)
            return new FoundPosition.TimeBeyondEnd(LogTypes.Timestamp(known.NowMicros));
        if (micros <= known.TrimmedMicros)
            return new FoundPosition.NotKept(known.Oldest);
        var offset = await _segments.FindFirstAsync(
            stream, known.Oldest, known.Last, segment => segment.LastCommitTimeMicros >= micros,
            run => run.CommitTimeMicros >= micros, cancellationToken);
        return new FoundPosition.At((offset ?? known.Last + 1) - 1, micros);
    }

    private async Task<FoundPosition> FindLsnAsync(StreamKey stream, Known known, Lsn lsn, CancellationToken cancellationToken)
    {
        if (known.EpochBegins is { } begins && lsn < begins)
            return new FoundPosition.OtherEpoch(begins);
        if (lsn > known.EndLsn)
            return new FoundPosition.LsnBeyondEnd(known.EndLsn);
        if (known.EpochAfter < known.Oldest - 1 && lsn <= known.TrimmedLsn)
            return new FoundPosition.NotKept(known.Oldest);
        var offset = await _segments.FindFirstAsync(
            stream, Math.Max(known.Oldest, known.EpochAfter + 1), known.Last, segment => segment.LastCommitLsn >= lsn,
            run => run.CommitLsn >= lsn, cancellationToken);
        return new FoundPosition.At((offset ?? known.Last + 1) - 1, 0);
    }

    private Task<Known?> ReadAsync(StreamKey stream, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT coalesce((SELECT base_offset FROM sequin.segments WHERE stream_id = $1 ORDER BY base_offset LIMIT 1), 1),
                   coalesce((SELECT last_offset FROM sequin.segments WHERE stream_id = $1 ORDER BY base_offset DESC LIMIT 1), 0),
                   now(), t.trimmed_commit_time, coalesce(t.trimmed_commit_lsn, '0/0'), greatest(s.commit_lsn, s.end_lsn),
                   coalesce(e.after_offset, 0), e.begins_lsn
            FROM sequin.streams t JOIN sequin.slots s USING (database_id)
            LEFT JOIN sequin.stream_epochs e ON e.stream_id = t.id AND e.source_epoch = s.source_epoch
            WHERE t.id = $1
            """;
        return source.ReadOneAsync(
            sql, [stream.Value],
            row => new Known(
                row.GetInt64(0), row.GetInt64(1), row.ReadMicros(2), row.IsDBNull(3) ? long.MinValue : row.ReadMicros(3), row.ReadLsn(4),
                row.ReadLsn(5), row.GetInt64(6), row.IsDBNull(7) ? null : row.ReadLsn(7)),
            cancellationToken);
    }

    /// <param name="Oldest">Oldest offset kept.</param>
    /// <param name="Last">Last offset.</param>
    /// <param name="NowMicros">By the log database's clock.</param>
    /// <param name="TrimmedMicros">The latest commit time of what was deleted.</param>
    /// <param name="TrimmedLsn">The last commit LSN of what was deleted.</param>
    /// <param name="EndLsn">The log is complete up to here.</param>
    /// <param name="EpochAfter">The present source epoch begins behind this offset.</param>
    /// <param name="EpochBegins">And at this LSN; null: it is the first.</param>
    private sealed record Known(
        long Oldest, long Last, long NowMicros, long TrimmedMicros, Lsn TrimmedLsn, Lsn EndLsn, long EpochAfter, Lsn? EpochBegins);
}
