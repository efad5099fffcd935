using Npgsql;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Backfills;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>The consumers, as users asked for them.</summary>
public sealed class ConsumerCatalog(NpgsqlDataSource source)
{
    private const string Columns = "id, name, stream_id, config, start_after, revision, created_at, updated_at";
    private const string Select = $"SELECT {Columns} FROM sequin.consumers";

    /// <returns>The record with its times.</returns>
    /// <exception cref="NameTakenException">The name is taken.</exception>
    /// <exception cref="ArgumentException">The stream does not exist, or no longer.</exception>
    /// <exception cref="HttpEndpointGoneException">The HTTP endpoint does not exist, or no longer.</exception>
    public Task<ConsumerRecord> InsertAsync(ConsumerRecord consumer, CancellationToken cancellationToken) =>
        InsertAsync(consumer, [], cancellationToken);

    /// <summary>The same with backfills that it begins with: all of it, or nothing.</summary>
    public async Task<ConsumerRecord> InsertAsync(
        ConsumerRecord consumer, IReadOnlyList<BackfillRecord> backfills, CancellationToken cancellationToken)
    {
        // As StreamPositions.HoldAsync does for one that is moved.
        const string sql = """
            WITH held AS (UPDATE sequin.streams SET positions_version = positions_version + 1 WHERE id = $3)
            INSERT INTO sequin.consumers (id, name, stream_id, config, start_after, revision, http_endpoint_id)
            VALUES ($1, $2, $3, $4::json, $5, $6, $7::uuid)
            RETURNING created_at
            """;
        object?[] values =
        [
            consumer.Id.Value, consumer.Name, consumer.StreamId.Value, ConsumerConfigJson.Write(consumer.Config),
            consumer.StartAfter, consumer.Revision, consumer.Config.Webhook?.HttpEndpointId,
        ];
        try
        {
            var createdAt = await CatalogRows.WriteNamedAsync(
                consumer.Name, () => InsertAsync(sql, values, backfills.Select(backfill => backfill with { ConsumerId = consumer.Id }),
                    cancellationToken));
            return consumer with { CreatedAt = createdAt, UpdatedAt = createdAt };
        }
        catch (PostgresException e) when (HttpEndpointGoneException.Is(e))
        {
            throw new HttpEndpointGoneException(e);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ForeignKeyViolation)
        {
            throw new ArgumentException($"Consumer '{consumer.Name}' was to read stream {consumer.StreamId}, which does not exist.", e);
        }
    }

    /// <returns>Null: there is none.</returns>
    public Task<ConsumerRecord?> FindAsync(ConsumerId id, CancellationToken cancellationToken) =>
        source.ReadOneAsync($"{Select} WHERE id = $1", [id.Value], Read, cancellationToken);

    /// <returns>Null: there is none.</returns>
    public Task<ConsumerRecord?> FindAsync(string idOrName, CancellationToken cancellationToken) =>
        source.ReadOneAsync($"{Select} {CatalogRows.WhereIdOrName}", CatalogRows.IdOrName(idOrName), Read, cancellationToken);

    /// <param name="limit">At most this many.</param>
    /// <param name="after">Id or name of the last one seen; null: from the first.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public Task<IReadOnlyList<ConsumerRecord>> ListAsync(int limit, string? after, CancellationToken cancellationToken) =>
        source.ReadPageAsync(Select, "sequin.consumers", limit, after, Read, cancellationToken);

    /// <summary>The active consumers that push, with their revision and that of their endpoint.</summary>
    public Task<List<PushingConsumer>> ListPushingAsync(int limit, CancellationToken cancellationToken) =>
        source.ReadListAsync("""
            SELECT c.id, c.revision, e.revision
            FROM sequin.consumers c JOIN sequin.http_endpoints e ON e.id = c.http_endpoint_id
            WHERE c.config ->> 'status' = 'active' ORDER BY c.id LIMIT $1
            """, [limit], row => new PushingConsumer(new ConsumerId(row.GetGuid(0)), row.GetInt64(1), row.GetInt64(2)), cancellationToken);

    /// <summary>Changes name and settings, if nobody has changed them since.</summary>
    /// <param name="id">Which.</param>
    /// <param name="expectedRevision">The revision that the change was made from; null: whichever it has.</param>
    /// <param name="name">The present one, or a new one.</param>
    /// <param name="config">All settings.</param>
    /// <param name="cancellationToken">Ends the write.</param>
    /// <exception cref="HttpEndpointGoneException">The HTTP endpoint does not exist, or no longer.</exception>
    public async Task<ConsumerUpdate> UpdateAsync(
        ConsumerId id, long? expectedRevision, string name, ConsumerConfig config, CancellationToken cancellationToken)
    {
        const string sql = $"""
            UPDATE sequin.consumers SET name = $2, config = $3::json, http_endpoint_id = $5::uuid, revision = revision + 1,
                   updated_at = now()
            WHERE id = $1 AND revision = coalesce($4::bigint, revision)
            RETURNING {Columns}
            """;
        object?[] values = [id.Value, name, ConsumerConfigJson.Write(config), expectedRevision, config.Webhook?.HttpEndpointId];
        try
        {
            var updated = await CatalogRows.WriteNamedAsync(name, () => source.ReadOneAsync(sql, values, Read, cancellationToken));
            if (updated is not null)
                return new ConsumerUpdate.Updated(updated);
        }
        catch (NameTakenException)
        {
            return new ConsumerUpdate.NameTaken();
        }
        catch (PostgresException e) when (HttpEndpointGoneException.Is(e))
        {
            throw new HttpEndpointGoneException(e);
        }

        var present = await FindAsync(id, cancellationToken);
        return present is null ? new ConsumerUpdate.Gone() : new ConsumerUpdate.Stale(present.Revision);
    }

    /// <summary>Those whose time is over.</summary>
    public async Task<IReadOnlyList<ConsumerId>> ListExpiredAsync(CancellationToken cancellationToken) => await source.ReadListAsync(
        "SELECT id FROM sequin.consumers WHERE (config->>'expires_at')::timestamptz < now()", [], row => new ConsumerId(row.GetGuid(0)),
        cancellationToken);

    /// <returns>False: there was none.</returns>
    public async Task<bool> DeleteAsync(ConsumerId id, CancellationToken cancellationToken) =>
        await source.ExecuteAsync("DELETE FROM sequin.consumers WHERE id = $1", [id.Value], cancellationToken) == 1;

    private async Task<DateTime> InsertAsync(
        string sql, object?[] values, IEnumerable<BackfillRecord> backfills, CancellationToken cancellationToken)
    {
        await using var batch = source.CreateBatch();
        var insert = new NpgsqlBatchCommand(sql);
        insert.Parameters.With(values);
        batch.BatchCommands.Add(insert);
        foreach (var backfill in backfills)
            batch.BatchCommands.Add(BackfillStore.Insert(backfill));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var createdAt = reader.GetDateTime(0);
        // To the end: what fails there fails the whole.
        while (await reader.NextResultAsync(cancellationToken))
        {
        }

        return createdAt;
    }

    private static ConsumerRecord Read(NpgsqlDataReader row) => new()
    {
        Id = new ConsumerId(row.GetGuid(0)),
        Name = row.GetString(1),
        StreamId = new StreamKey(row.GetGuid(2)),
        Config = ConsumerConfigJson.Read(row.GetString(3)),
        StartAfter = row.GetInt64(4),
        Revision = row.GetInt64(5),
        CreatedAt = row.GetFieldValue<DateTimeOffset>(6),
        UpdatedAt = row.GetFieldValue<DateTimeOffset>(7),
    };
}
