using Npgsql;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Postgres.Log.Retention;

/// <summary>Looks after what is kept of streams: whose turn it is, how much there is, and its deletion.</summary>
public sealed class RetentionStore(NpgsqlDataSource source)
{
    /// <summary>Segments that one deletion takes at most: a moment's work.</summary>
    public const int SegmentsMax = 500;

    /// <summary>What a row costs beside index and payload.</summary>
    private const string Bytes = "pg_column_size(index) + pg_column_size(payload) + 200";

    private const string InsertGap = """
        INSERT INTO sequin.consumer_gaps (id, consumer_id, from_offset, to_offset)
        SELECT $1, id, $3, $4 FROM sequin.consumers WHERE id = $2
        """;

    private const string Newest = "(SELECT max(base_offset) FROM sequin.segments WHERE stream_id = $1)";

    /// <summary>The streams that nobody has looked after for so long, and that are ours to look after now.</summary>
    public async Task<IReadOnlyList<KeptStream>> ClaimAsync(TimeSpan age, int limit, CancellationToken cancellationToken)
    {
        const string sql = """
            UPDATE sequin.streams SET retention_claimed_at = now() WHERE id IN (
                SELECT id FROM sequin.streams WHERE retention_claimed_at <= now() - $1 ORDER BY retention_claimed_at LIMIT $2
                FOR UPDATE SKIP LOCKED)
            RETURNING id, name, database_id, retention, over_quota, positions_version
            """;
        return await source.ReadListAsync(
            sql, [age, limit],
            row => new KeptStream(
                new StreamKey(row.GetGuid(0)), row.GetString(1), new DatabaseId(row.GetGuid(2)),
                CatalogJson.Read<StreamRetention>(row.GetString(3)), row.GetBoolean(4), row.GetInt64(5)),
            cancellationToken);
    }

    /// <summary>The oldest segments, in order, without the newest of the stream.</summary>
    public async Task<IReadOnlyList<KeptSegment>> ListOldestAsync(StreamKey stream, CancellationToken cancellationToken)
    {
        const string sql = $"""
            SELECT base_offset, last_offset, first_commit_time, last_commit_time, {Bytes} FROM sequin.segments
            WHERE stream_id = $1 AND base_offset < {Newest} ORDER BY base_offset LIMIT $2
            """;
        return await source.ReadListAsync(
            sql, [stream.Value, SegmentsMax],
            row => new KeptSegment(
                row.GetInt64(0), row.GetInt64(1), row.GetFieldValue<DateTimeOffset>(2), row.GetFieldValue<DateTimeOffset>(3),
                row.GetInt32(4)),
            cancellationToken);
    }

    /// <summary>Room that a stream takes, without its newest segment, which always stays; and the time there.</summary>
    public async Task<(long Bytes, DateTimeOffset Now)> MeasureAsync(StreamKey stream, CancellationToken cancellationToken)
    {
        const string sql = $"""
            SELECT coalesce(sum({Bytes}), 0)::bigint, now() FROM sequin.segments WHERE stream_id = $1 AND base_offset < {Newest}
            """;
        var rows = await source.ReadListAsync(
            sql, [stream.Value], row => (row.GetInt64(0), row.GetFieldValue<DateTimeOffset>(1)), cancellationToken);
        return rows[0];
    }

    /// <summary>Who reads a stream.</summary>
    public async Task<IReadOnlyList<ConsumerId>> ListConsumersAsync(StreamKey stream, CancellationToken cancellationToken) =>
        await source.ReadListAsync(
            "SELECT id FROM sequin.consumers WHERE stream_id = $1", [stream.Value], row => new ConsumerId(row.GetGuid(0)),
            cancellationToken);

    /// <summary>Deletes all segments up to an offset, and notes what consumers lose by it, in one transaction.</summary>
    /// <param name="stream">As it was claimed.</param>
    /// <param name="through">The last offset of a segment.</param>
    /// <param name="overtaken">Consumers that had not finished it, and what they had.</param>
    /// <param name="cancellationToken">Ends the write; the outcome is then unknown.</param>
    /// <returns>Messages deleted; null: a consumer was put somewhere since, and nothing was done.</returns>
    public async Task<long?> DeleteAsync(
        KeptStream stream, long through, IReadOnlyList<(ConsumerId Consumer, long Floor)> overtaken, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var look = new NpgsqlCommand(
            "SELECT positions_version FROM sequin.streams WHERE id = $1 FOR UPDATE", connection).With(stream.Id.Value))
        {
            if (await look.ExecuteScalarAsync(cancellationToken) is not long version || version != stream.PositionsVersion)
                return null;
        }

        foreach (var (consumer, floor) in overtaken)
        {
            await using var gap = new NpgsqlCommand(InsertGap, connection)
                .With(Guid.CreateVersion7(), consumer.Value, floor + 1, through);
            await gap.ExecuteNonQueryAsync(cancellationToken);
        }

        const string sql = """
            WITH gone AS (
                DELETE FROM sequin.segments WHERE stream_id = $1 AND base_offset <= $2 AND last_offset <= $2
                RETURNING last_offset, count, last_commit_time, last_commit_lsn),
            trimmed AS (
                UPDATE sequin.streams SET trimmed_through = $2, trimmed_commit_time = g.last_commit_time,
                    trimmed_commit_lsn = g.last_commit_lsn
                FROM (SELECT * FROM gone ORDER BY last_offset DESC LIMIT 1) g WHERE id = $1)
            SELECT coalesce(sum(count), 0)::bigint FROM gone
            """;
        await using var delete = new NpgsqlCommand(sql, connection).With(stream.Id.Value, through);
        var messages = (long)(await delete.ExecuteScalarAsync(cancellationToken))!;
        await transaction.CommitAsync(cancellationToken);
        return messages;
    }

    /// <summary>Notes what a stream takes; whether it is full is for its pump, which stops or goes on.</summary>
    public Task SaveAsync(KeptStream stream, long? sizeBytes, bool isOverQuota, CancellationToken cancellationToken)
    {
        const string sql = """
            WITH noted AS (
                UPDATE sequin.streams SET size_bytes = $3::bigint, over_quota = $4
                WHERE id = $1 AND (size_bytes, over_quota) IS DISTINCT FROM ($3::bigint, $4))
            UPDATE sequin.slots SET routes_version = routes_version + 1
            WHERE database_id = $2 AND EXISTS (SELECT FROM sequin.streams WHERE id = $1 AND over_quota <> $4)
            """;
        return source.ExecuteAsync(sql, [stream.Id.Value, stream.DatabaseId.Value, sizeBytes, isOverQuota], cancellationToken);
    }

    /// <summary>The last gaps of a consumer, the newest first.</summary>
    public async Task<IReadOnlyList<ConsumerGap>> ListGapsAsync(ConsumerId consumer, int limit, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT from_offset, to_offset, detected_at FROM sequin.consumer_gaps WHERE consumer_id = $1 ORDER BY id DESC LIMIT $2
            """;
        return await source.ReadListAsync(
            sql, [consumer.Value, limit],
            row => new ConsumerGap(row.GetInt64(0), row.GetInt64(1), row.GetFieldValue<DateTimeOffset>(2)), cancellationToken);
    }
}

/// <summary>What a consumer had not finished when retention deleted it.</summary>
/// <param name="FromOffset">The first.</param>
/// <param name="ToOffset">The last.</param>
/// <param name="DetectedAt">When.</param>
public sealed record ConsumerGap(long FromOffset, long ToOffset, DateTimeOffset DetectedAt);
