using Npgsql;
using Sequin.Core.Identity;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>The streams. Default streams come and go with their databases.</summary>
public sealed class StreamCatalog(NpgsqlDataSource source)
{
    private const string Select = "SELECT id, name, database_id, is_default, created_at FROM sequin.streams";

    /// <returns>Null: there is none.</returns>
    public Task<StreamRecord?> FindAsync(StreamKey id, CancellationToken cancellationToken) =>
        source.ReadOneAsync($"{Select} WHERE id = $1", [id.Value], Read, cancellationToken);

    /// <returns>Null: there is none.</returns>
    public Task<StreamRecord?> FindAsync(string idOrName, CancellationToken cancellationToken) =>
        source.ReadOneAsync($"{Select} {CatalogRows.WhereIdOrName}", CatalogRows.IdOrName(idOrName), Read, cancellationToken);

    /// <param name="limit">At most this many.</param>
    /// <param name="after">Id or name of the last one seen; null: from the first.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public Task<IReadOnlyList<StreamRecord>> ListAsync(int limit, string? after, CancellationToken cancellationToken) =>
        source.ReadPageAsync(Select, "sequin.streams", limit, after, Read, cancellationToken);

    /// <summary>All streams of a database, the default one first: what its pump routes to.</summary>
    public async Task<IReadOnlyList<StreamRecord>> ListAsync(DatabaseId databaseId, CancellationToken cancellationToken) =>
        await source.ReadListAsync(
            $"{Select} WHERE database_id = $1 ORDER BY is_default DESC, id", [databaseId.Value], Read, cancellationToken);

    private static StreamRecord Read(NpgsqlDataReader row) => new()
    {
        Id = new StreamKey(row.GetGuid(0)),
        Name = row.GetString(1),
        DatabaseId = new DatabaseId(row.GetGuid(2)),
        IsDefault = row.GetBoolean(3),
        CreatedAt = row.GetFieldValue<DateTimeOffset>(4),
    };
}
