using Npgsql;
using NpgsqlTypes;
using Sequin.Core.Identity;

namespace Sequin.Postgres.Log.DeadLetters;

/// <summary>Redrives: what was asked for, and how far each is. One at a time runs for a consumer.</summary>
public sealed class RedriveStore(NpgsqlDataSource source)
{
    private const string Columns =
        "id, consumer_id, filter, rate_per_second, state, total, done, cursor, last_id, created_at, finished_at";

    private const string Select = $"SELECT {Columns} FROM sequin.redrives";

    // When nothing matches there is nothing to do, and it is complete at once.
    private const string Insert = $"""
        WITH matching AS MATERIALIZED (SELECT id FROM sequin.dead_letters WHERE {DeadLetterConditions.Sql})
        INSERT INTO sequin.redrives (id, consumer_id, filter, rate_per_second, state, total, last_id, finished_at)
        SELECT $9, $1, $10, $11, CASE WHEN total = 0 THEN 'completed' ELSE 'running' END, total,
               (SELECT id FROM matching ORDER BY id DESC LIMIT 1), CASE WHEN total = 0 THEN now() END
        FROM (SELECT count(*) AS total FROM matching) counted
        RETURNING {Columns}
        """;

    /// <returns>Null: another one is running.</returns>
    public async Task<Redrive?> CreateAsync(
        ConsumerId consumer, DeadLetterFilter filter, int ratePerSecond, CancellationToken cancellationToken)
    {
        object?[] values =
        [
            .. DeadLetterConditions.Values(consumer, filter), Guid.CreateVersion7(),
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Json, Value = filter.ToJson() }, ratePerSecond,
        ];
        try
        {
            return await source.ReadOneAsync(Insert, values, Read, cancellationToken);
        }
        catch (PostgresException e) when (e is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "one_running_redrive" })
        {
            return null;
        }
    }

    /// <returns>Null: the consumer has no such redrive.</returns>
    public Task<Redrive?> FindAsync(ConsumerId consumer, Guid id, CancellationToken cancellationToken) =>
        source.ReadOneAsync($"{Select} WHERE consumer_id = $1 AND id = $2", [consumer.Value, id], Read, cancellationToken);

    /// <summary>A page of a consumer's, in the order of their creation, behind the one with the id <paramref name="after"/>.</summary>
    public async Task<IReadOnlyList<Redrive>> ListAsync(
        ConsumerId consumer, int limit, Guid? after, CancellationToken cancellationToken) =>
        await source.ReadListAsync(
            $"{Select} WHERE consumer_id = $1 AND ($2 IS NULL OR id > $2) ORDER BY id LIMIT $3",
            [consumer.Value, LogTypes.Parameter(after), limit], Read, cancellationToken);

    /// <returns>The one that is running; null: none is.</returns>
    public Task<Redrive?> FindRunningAsync(ConsumerId consumer, CancellationToken cancellationToken) =>
        source.ReadOneAsync(
            $"{Select} WHERE consumer_id = $1 AND state = 'running' ORDER BY id LIMIT 1", [consumer.Value], Read, cancellationToken);

    /// <summary>Notes how far one is.</summary>
    /// <param name="id">Which.</param>
    /// <param name="cursor">The last dead letter that was dealt with.</param>
    /// <param name="doneDelta">How many more were brought back.</param>
    /// <param name="cancellationToken">Ends the write.</param>
    /// <returns>False: it is not running (any more), and nothing was noted.</returns>
    public async Task<bool> AdvanceAsync(Guid id, Guid cursor, int doneDelta, CancellationToken cancellationToken) =>
        await source.ExecuteAsync(
            "UPDATE sequin.redrives SET cursor = $2, done = done + $3 WHERE id = $1 AND state = 'running'",
            [id, cursor, doneDelta], cancellationToken) == 1;

    /// <returns>False: it was not running.</returns>
    public async Task<bool> CompleteAsync(Guid id, CancellationToken cancellationToken) =>
        await source.ExecuteAsync(
            "UPDATE sequin.redrives SET state = 'completed', finished_at = now() WHERE id = $1 AND state = 'running'",
            [id], cancellationToken) == 1;

    /// <returns>Null: it was not running.</returns>
    public Task<Redrive?> CancelAsync(Guid id, CancellationToken cancellationToken) =>
        source.ReadOneAsync(
            $"UPDATE sequin.redrives SET state = 'cancelled', finished_at = now() WHERE id = $1 AND state = 'running' RETURNING {Columns}",
            [id], Read, cancellationToken);

    private static Redrive Read(NpgsqlDataReader row) => new()
    {
        Id = row.GetGuid(0),
        ConsumerId = new ConsumerId(row.GetGuid(1)),
        Filter = DeadLetterFilter.FromJson(row.GetString(2)) with { UpToId = row.ReadOrNull<Guid?>(8) },
        RatePerSecond = row.GetInt32(3),
        State = Enum.Parse<RedriveState>(row.GetString(4), ignoreCase: true),
        Total = row.GetInt64(5),
        Done = row.GetInt64(6),
        Cursor = row.ReadOrNull<Guid?>(7),
        CreatedAt = row.GetFieldValue<DateTimeOffset>(9),
        FinishedAt = row.ReadOrNull<DateTimeOffset?>(10),
    };
}
