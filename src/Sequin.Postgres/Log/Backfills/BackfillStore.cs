using Npgsql;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Slots;

namespace Sequin.Postgres.Log.Backfills;

/// <summary>The backfills of consumers, running and finished.</summary>
public sealed class BackfillStore(NpgsqlDataSource source)
{
    private const string Select = $"SELECT {BackfillRows.Columns} FROM sequin.backfills";

    private const string InsertBackfill = """
        INSERT INTO sequin.backfills (id, consumer_id, table_schema, table_name, sort_column, start_position, filter, max_timeout_ms,
            state, rows_estimated)
        VALUES ($1, $2, $3, $4, $5::text, $6::text, $7::json, $8, $9, $10::bigint)
        """;

    /// <returns>Null: one of this consumer and table is not finished.</returns>
    /// <exception cref="ArgumentException">The consumer does not exist, or no longer.</exception>
    public async Task<BackfillRecord?> CreateAsync(BackfillRecord backfill, CancellationToken cancellationToken)
    {
        const string sql = $"{InsertBackfill} ON CONFLICT DO NOTHING RETURNING {BackfillRows.Columns}";
        try
        {
            return await source.ReadOneAsync(sql, Values(backfill), BackfillRows.Read, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ForeignKeyViolation)
        {
            throw new ArgumentException($"A backfill was to be for consumer {backfill.ConsumerId}, which does not exist.", e);
        }
    }

    /// <summary>The statement that makes one, for the batch that makes its consumer.</summary>
    public static NpgsqlBatchCommand Insert(BackfillRecord backfill)
    {
        var command = new NpgsqlBatchCommand(InsertBackfill);
        command.Parameters.With(Values(backfill));
        return command;
    }

    /// <returns>Null: there is none, or it is another consumer's.</returns>
    public Task<BackfillRecord?> FindAsync(ConsumerId consumer, BackfillId id, CancellationToken cancellationToken) =>
        source.ReadOneAsync(
            $"{Select} WHERE id = $1 AND consumer_id = $2", [id.Value, consumer.Value], BackfillRows.Read, cancellationToken);

    /// <summary>A consumer's, finished ones too, the newest first.</summary>
    /// <param name="consumer">Whose.</param>
    /// <param name="limit">At most this many.</param>
    /// <param name="after">The last one seen; null: from the newest.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public async Task<IReadOnlyList<BackfillRecord>> ListAsync(
        ConsumerId consumer, int limit, BackfillId? after, CancellationToken cancellationToken) =>
        await source.ReadListAsync(
            $"{Select} WHERE consumer_id = $1 AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
            [consumer.Value, LogTypes.Parameter(after?.Value), limit], BackfillRows.Read, cancellationToken);

    /// <summary>A consumer's that are active or paused, the oldest first.</summary>
    public async Task<IReadOnlyList<BackfillRecord>> ListUnfinishedAsync(ConsumerId consumer, CancellationToken cancellationToken) =>
        await source.ReadListAsync(
            $"{Select} WHERE consumer_id = $1 AND state IN ('active', 'paused') ORDER BY id", [consumer.Value], BackfillRows.Read,
            cancellationToken);

    /// <summary>What the owner of a database's slot has to run, the oldest first.</summary>
    public async Task<IReadOnlyList<BackfillRecord>> ListActiveAsync(DatabaseId database, CancellationToken cancellationToken) =>
        await source.ReadListAsync(
            $"""
            {Select} WHERE state = 'active' AND consumer_id IN (
                SELECT c.id FROM sequin.consumers c JOIN sequin.streams s ON s.id = c.stream_id WHERE s.database_id = $1)
            ORDER BY id
            """,
            [database.Value], BackfillRows.Read, cancellationToken);

    /// <summary>Pauses, resumes, cancels or fails one. Of two who ask at once, each is told what it is then.</summary>
    /// <param name="consumer">Whose.</param>
    /// <param name="id">Which.</param>
    /// <param name="to">Any but completed, which comes with the last chunk.</param>
    /// <param name="error">Why it failed.</param>
    /// <param name="cancellationToken">When it fires, the outcome is unknown.</param>
    public async Task<BackfillChange> ChangeStateAsync(
        ConsumerId consumer, BackfillId id, BackfillState to, string? error, CancellationToken cancellationToken)
    {
        const string sql = $"""
            UPDATE sequin.backfills SET state = $3, error = $5::text, updated_at = now(),
                finished_at = CASE WHEN $3 IN ('cancelled', 'failed') THEN now() END
            WHERE id = $1 AND consumer_id = $2 AND state = ANY ($4)
            RETURNING {BackfillRows.Columns}
            """;
        var from = Array.ConvertAll(StatesBefore(to), BackfillRows.Name);
        object?[] values = [id.Value, consumer.Value, BackfillRows.Name(to), from, error];
        try
        {
            if (await source.ReadOneAsync(sql, values, BackfillRows.Read, cancellationToken) is { } changed)
                return new BackfillChange.Done(changed);
        }
        catch (PostgresException e) when (e is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "one_unfinished_backfill" })
        {
            return new BackfillChange.TableTaken();
        }

        return await FindAsync(consumer, id, cancellationToken) switch
        {
            null => new BackfillChange.Missing(),
            { } present when present.State == to => new BackfillChange.Done(present),
            { } present => new BackfillChange.Refused(present),
        };
    }

    /// <summary>A chunk was read in vain.</summary>
    public Task CountRepeatedAsync(BackfillId id, CancellationToken cancellationToken) =>
        source.ExecuteAsync(
            "UPDATE sequin.backfills SET chunks_repeated = chunks_repeated + 1, updated_at = now() WHERE id = $1",
            [id.Value], cancellationToken);

    /// <summary>
    /// The statement that moves a backfill behind a chunk, for the batch that writes the chunk's segments under a slot's lease: cursor
    /// and rows are durable together or not at all. A chunk that was on its way when its backfill was paused is still written.
    /// </summary>
    public static NpgsqlBatchCommand Advance(SlotLease lease, ChunkWritten chunk)
    {
        var command = new NpgsqlBatchCommand($"""
            UPDATE sequin.backfills SET cursor = coalesce($6::json, cursor), rows_read = rows_read + $7,
                rows_superseded = rows_superseded + $8, bytes_read = bytes_read + $9, chunks = chunks + 1,
                busy_ms = busy_ms + $11, updated_at = now(), state = CASE WHEN $10 THEN 'completed' ELSE state END,
                finished_at = CASE WHEN $10 THEN now() END
            WHERE id = $4 AND chunks = $5 AND state IN ('active', 'paused')
              AND EXISTS (SELECT FROM sequin.slots WHERE {SlotStore.Fence})
            """);
        command.Parameters.With(
            lease.DatabaseId.Value, lease.Epoch, lease.Owner, chunk.Backfill.Value, chunk.ChunksBefore, chunk.Cursor?.ToJson(),
            (long)chunk.Rows, (long)chunk.Superseded, chunk.Bytes, chunk.IsLast,
            (long)chunk.Busy.TotalMilliseconds);
        return command;
    }

    private static object?[] Values(BackfillRecord backfill) =>
    [
        backfill.Id.Value, backfill.ConsumerId.Value, backfill.Request.Table.Schema, backfill.Request.Table.Name,
        backfill.Request.SortColumn, backfill.Request.StartPosition, BackfillRows.Filter(backfill.Request.Filter),
        backfill.MaxTimeoutMs, BackfillRows.Name(backfill.State), backfill.RowsEstimated,
    ];

    private static BackfillState[] StatesBefore(BackfillState to) => to switch
    {
        BackfillState.Active => [BackfillState.Paused, BackfillState.Failed],
        BackfillState.Paused => [BackfillState.Active],
        BackfillState.Cancelled => [BackfillState.Active, BackfillState.Paused, BackfillState.Failed],
        BackfillState.Failed => [BackfillState.Active],
        _ => throw new ArgumentOutOfRangeException(nameof(to), to, "A backfill is completed by its last chunk."),
    };
}
