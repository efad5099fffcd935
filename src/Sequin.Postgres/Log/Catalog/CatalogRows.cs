using Npgsql;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>
/// How rows of the catalog are named: by id or by name, and listed in the order of their ids, which is that of their creation.
/// The named tables all have the columns <c>id</c> and <c>name</c>.
/// </summary>
internal static class CatalogRows
{
    /// <summary>Takes the values of <see cref="IdOrName"/>. A name that looks like the id of another row loses to that row.</summary>
    public const string WhereIdOrName = "WHERE id = $1 OR name = $2 ORDER BY id = $1 DESC NULLS LAST LIMIT 1";

    public static object?[] IdOrName(string idOrName) => [LogTypes.Parameter(Guid.TryParse(idOrName, out var id) ? id : null), idOrName];

    /// <summary>A page of a table: <c>$1</c> the id or name it comes after, <c>$2</c> the limit.</summary>
    /// <remarks>After an id it goes on even when that row is gone; after a name that is gone nothing follows.</remarks>
    public static async Task<IReadOnlyList<T>> ReadPageAsync<T>(
        this NpgsqlDataSource source, string select, string table, int limit, string? after, Func<NpgsqlDataReader, T> read,
        CancellationToken cancellationToken)
    {
        var afterId = Guid.TryParse(after, out var id) ? id : (Guid?)null;
        if (after is not null && afterId is null)
        {
            afterId = await source.ReadValueAsync<Guid>($"SELECT id FROM {table} WHERE name = $1", [after], cancellationToken);
            if (afterId is null)
                return [];
        }

        return await source.ReadListAsync(
            $"{select} WHERE $1 IS NULL OR id > $1 ORDER BY id LIMIT $2", [LogTypes.Parameter(afterId), limit], read, cancellationToken);
    }

    /// <summary>Runs an INSERT or UPDATE of a named row, and says so when the name is taken.</summary>
    public static async Task<T> WriteNamedAsync<T>(string name, Func<Task<T>> write)
    {
        try
        {
            return await write();
        }
        catch (PostgresException e) when (e is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: { } constraint }
                                          && constraint.EndsWith("_name_key", StringComparison.Ordinal))
        {
            throw new NameTakenException(name, e);
        }
    }
}
