using Npgsql;
using Sequin.Core.Identity;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>The streams. Default streams come and go with their databases.</summary>
public sealed class StreamCatalog(NpgsqlDataSource source)
{
    private const string Select = """
        SELECT t.id, t.name, t.database_id, t.is_default, t.source, t.retention,
               coalesce(s.routes_applied >= t.routes_version OR s.owner IS NULL OR s.expires_at < now(), true), t.over_quota,
               t.size_bytes, t.revision, t.created_at, t.updated_at
        FROM sequin.streams t LEFT JOIN sequin.slots s USING (database_id)
        """;

    // The row of the slot first, as everybody does who needs both.
    private const string NextRoutes = """
        next AS (UPDATE sequin.slots SET routes_version = routes_version + 1 WHERE database_id = $2 RETURNING routes_version)
        """;

    /// <returns>Null: there is none.</returns>
    public Task<StreamRecord?> FindAsync(StreamKey id, CancellationToken cancellationToken) =>
        source.ReadOneAsync($"{Select} WHERE t.id = $1", [id.Value], Read, cancellationToken);

    /// <returns>Null: there is none.</returns>
    public Task<StreamRecord?> FindAsync(string idOrName, CancellationToken cancellationToken) =>
        source.ReadOneAsync($"SELECT * FROM ({Select}) t {CatalogRows.WhereIdOrName}", CatalogRows.IdOrName(idOrName), Read, cancellationToken);

    /// <param name="limit">At most this many.</param>
    /// <param name="after">Id or name of the last one seen; null: from the first.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public Task<IReadOnlyList<StreamRecord>> ListAsync(int limit, string? after, CancellationToken cancellationToken) =>
        source.ReadPageAsync($"SELECT * FROM ({Select}) t", "sequin.streams", limit, after, Read, cancellationToken);

    /// <summary>All streams of a database, the default one first.</summary>
    public async Task<IReadOnlyList<StreamRecord>> ListAsync(DatabaseId databaseId, CancellationToken cancellationToken) =>
        await source.ReadListAsync(
            $"{Select} WHERE t.database_id = $1 ORDER BY t.is_default DESC, t.id", [databaseId.Value], Read, cancellationToken);

    /// <summary>Which table goes to which stream: what a pump goes by.</summary>
    public async Task<StreamRoutes> ReadRoutesAsync(DatabaseId databaseId, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT s.routes_version, t.id, t.name, t.source, t.over_quota
            FROM sequin.slots s JOIN sequin.streams t USING (database_id) WHERE s.database_id = $1 ORDER BY t.is_default DESC, t.id
            """;
        var rows = await source.ReadListAsync(
            sql, [databaseId.Value],
            row => (Version: row.GetInt64(0), Route: new StreamRoute(
                new StreamKey(row.GetGuid(1)), row.GetString(2), CatalogJson.Read<StreamSource>(row.GetString(3)), row.GetBoolean(4))),
            cancellationToken);
        return new StreamRoutes(rows.Count == 0 ? 0 : rows[0].Version, [.. rows.Select(row => row.Route)]);
    }

    /// <summary>Adds a stream, unless its database has as many as it may have.</summary>
    /// <returns>Null: it has, or there is no such database.</returns>
    /// <exception cref="NameTakenException">The name is taken.</exception>
    public async Task<StreamRecord?> InsertAsync(StreamRecord stream, int streamsMax, CancellationToken cancellationToken)
    {
        const string sql = $"""
            WITH {NextRoutes}
            INSERT INTO sequin.streams (id, name, database_id, is_default, source, retention, routes_version)
            SELECT $1, $3, $2, false, $4::jsonb, $5::json, routes_version FROM next
            WHERE (SELECT count(*) FROM sequin.streams WHERE database_id = $2) < $6
            RETURNING id
            """;
        object?[] values =
        [
            stream.Id.Value, stream.DatabaseId.Value, stream.Name, CatalogJson.Write(stream.Source), CatalogJson.Write(stream.Retention),
            streamsMax,
        ];
        var id = await CatalogRows.WriteNamedAsync(
            stream.Name, () => source.ReadValueAsync<Guid>(sql, values, cancellationToken));
        return id is null ? null : await FindAsync(stream.Id, cancellationToken);
    }

    /// <summary>Changes a stream, if nobody has changed it since.</summary>
    /// <param name="stream">As it is to be; its revision is the one that the change was made from.</param>
    /// <param name="cancellationToken">Ends the write.</param>
    public async Task<StreamUpdate> UpdateAsync(StreamRecord stream, CancellationToken cancellationToken)
    {
        // A retention that allows more may free a stream that is full: it is looked at again at once.
        const string sql = $"""
            WITH {NextRoutes}
            UPDATE sequin.streams t SET name = $3, source = $4::jsonb, retention = $5::json, revision = revision + 1, updated_at = now(),
                retention_claimed_at = '-infinity',
                routes_version = CASE WHEN t.source = $4::jsonb THEN t.routes_version ELSE next.routes_version END
            FROM next WHERE t.id = $1 AND t.revision = $6
            RETURNING t.id
            """;
        object?[] values =
        [
            stream.Id.Value, stream.DatabaseId.Value, stream.Name, CatalogJson.Write(stream.Source), CatalogJson.Write(stream.Retention),
            stream.Revision,
        ];
        try
        {
            var id = await CatalogRows.WriteNamedAsync(
                stream.Name, () => source.ReadValueAsync<Guid>(sql, values, cancellationToken));
            return id is not null && await FindAsync(stream.Id, cancellationToken) is { } updated
                ? new StreamUpdate.Updated(updated)
                : new StreamUpdate.Overtaken();
        }
        catch (NameTakenException)
        {
            return new StreamUpdate.NameTaken();
        }
    }

    /// <summary>
    /// Deletes a stream and its messages. The stream first: from then on no batch brings any. Its messages are then many deletions,
    /// of which none holds up anybody long.
    /// </summary>
    public async Task<StreamDeletion> DeleteAsync(StreamRecord stream, CancellationToken cancellationToken)
    {
        const string sql = $"""
            WITH {NextRoutes},
            gone AS (DELETE FROM sequin.streams t USING next WHERE t.id = $1 AND NOT t.is_default RETURNING t.id)
            INSERT INTO sequin.deleted_streams (stream_id) SELECT id FROM gone RETURNING stream_id
            """;
        try
        {
            var id = await source.ReadValueAsync<Guid>(sql, [stream.Id.Value, stream.DatabaseId.Value], cancellationToken);
            if (id is null)
                return StreamDeletion.NotFound;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.ForeignKeyViolation or PostgresErrorCodes.RestrictViolation)
        {
            return StreamDeletion.HasConsumers;
        }

        await DeleteMessagesAsync(CancellationToken.None);
        return StreamDeletion.Deleted;
    }

    /// <summary>Deletes what deleted streams left: also after a process died while it did.</summary>
    public async Task DeleteMessagesAsync(CancellationToken cancellationToken)
    {
        const string sql = """
            DELETE FROM sequin.segments g USING (
                SELECT stream_id, base_offset FROM sequin.deleted_streams JOIN sequin.segments USING (stream_id) LIMIT 200) left_over
            WHERE g.stream_id = left_over.stream_id AND g.base_offset = left_over.base_offset
            """;
        while (await source.ExecuteAsync(sql, [], cancellationToken) > 0)
        {
            // Until none is left.
        }
    }

    /// <summary>Names of consumers that read a stream, at most ten.</summary>
    public Task<List<string>> ListConsumersAsync(StreamKey stream, CancellationToken cancellationToken) => source.ReadListAsync(
        "SELECT name FROM sequin.consumers WHERE stream_id = $1 ORDER BY id LIMIT 10", [stream.Value], row => row.GetString(0),
        cancellationToken);

    private static StreamRecord Read(NpgsqlDataReader row) => new()
    {
        Id = new StreamKey(row.GetGuid(0)),
        Name = row.GetString(1),
        DatabaseId = new DatabaseId(row.GetGuid(2)),
        IsDefault = row.GetBoolean(3),
        Source = CatalogJson.Read<StreamSource>(row.GetString(4)),
        Retention = CatalogJson.Read<StreamRetention>(row.GetString(5)),
        IsRouted = row.GetBoolean(6),
        IsOverQuota = row.GetBoolean(7),
        SizeBytes = row.ReadOrNull<long?>(8),
        Revision = row.GetInt64(9),
        CreatedAt = row.GetFieldValue<DateTimeOffset>(10),
        UpdatedAt = row.GetFieldValue<DateTimeOffset>(11),
    };
}
