using Npgsql;
using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Core.Segments;

namespace Sequin.Postgres.Log.DeadLetters;

/// <summary>Messages that came back from the dead letters when their stream had deleted them: the only copy, until they are finished.</summary>
public sealed class KeptMessageStore(NpgsqlDataSource source)
{
    /// <summary>Copies the message of a dead letter, for this generation of its consumer's window.</summary>
    /// <returns>As a segment of its own; null: there is no such letter.</returns>
    public async Task<Segment?> KeepAsync(
        ConsumerId consumer, int generation, Guid letter, StreamKey stream, CancellationToken cancellationToken)
    {
        const string sql = """
            INSERT INTO sequin.kept_messages AS k (consumer_id, generation, "offset", table_name, action, record_pks, commit_time, body)
            SELECT consumer_id, $2, "offset", table_name, action, record_pks, commit_time, body
            FROM sequin.dead_letters WHERE consumer_id = $1 AND id = $3
            ON CONFLICT (consumer_id, generation, "offset") DO UPDATE SET body = k.body
            RETURNING "offset", table_name, action, record_pks, commit_time, body
            """;
        return await source.ReadOneAsync(sql, [consumer.Value, generation, letter], row => Read(row, stream), cancellationToken);
    }

    /// <summary>Those of a window, in the order of their offsets.</summary>
    public async Task<IReadOnlyList<Segment>> ListAsync(
        ConsumerId consumer, int generation, StreamKey stream, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT "offset", table_name, action, record_pks, commit_time, body FROM sequin.kept_messages
            WHERE consumer_id = $1 AND generation = $2 ORDER BY "offset"
            """;
        return await source.ReadListAsync(sql, [consumer.Value, generation], row => Read(row, stream), cancellationToken);
    }

    /// <summary>Forgets all but those that are unfinished in the present window.</summary>
    public Task DeleteOthersAsync(ConsumerId consumer, int generation, long[] unfinished, CancellationToken cancellationToken) =>
        source.ExecuteAsync(
            """DELETE FROM sequin.kept_messages WHERE consumer_id = $1 AND NOT (generation = $2 AND "offset" = ANY ($3))""",
            [consumer.Value, generation, unfinished], cancellationToken);

    private static Segment Read(NpgsqlDataReader row, StreamKey stream)
    {
        var table = row.GetString(1);
        var action = Enum.Parse<ChangeAction>(row.GetString(2), ignoreCase: true);
        var key = row.GetFieldValue<string[]>(3);
        var builder = new SegmentBuilder(stream);
        var header = new ChangeHeader(
            Lsn.Zero, row.ReadMicros(4), 0, table, action, key.Length == 0 ? GroupHash.None : GroupHash.Of(table, key), GroupHash.None);
        builder.Append(header, row.GetFieldValue<byte[]>(5));
        return builder.Seal(row.GetInt64(0));
    }
}
