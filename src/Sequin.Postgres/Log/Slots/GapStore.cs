using Npgsql;
using Sequin.Core.Changes;
using Sequin.Core.Identity;

namespace Sequin.Postgres.Log.Slots;

/// <summary>The gaps of all databases. At most one of a database is open, and none is ever deleted but with its database.</summary>
public sealed class GapStore(NpgsqlDataSource source)
{
    private const string Select = """
        SELECT id, database_id, reason, from_lsn, to_lsn, tables, detected_at, resolved_at, resolution, backfill FROM sequin.gaps
        """;

    /// <summary>
    /// Opens a gap; one that is open already keeps its beginning and gets the newer reason and end, unless the server was set back: that
    /// can be seen only once.
    /// </summary>
    /// <param name="databaseId">Where.</param>
    /// <param name="reason">In snake_case.</param>
    /// <param name="from">End of what is durable.</param>
    /// <param name="to">Where the slot goes on; null when that is not known, or its LSNs cannot be compared.</param>
    /// <param name="cancellationToken">Ends the write.</param>
    public Task RecordAsync(DatabaseId databaseId, string reason, Lsn from, Lsn? to, CancellationToken cancellationToken)
    {
        const string sql = """
            INSERT INTO sequin.gaps (id, database_id, reason, from_lsn, to_lsn, tables)
            VALUES ($1, $2, $3, $4, $5::pg_lsn, (SELECT tables FROM sequin.slot_readings WHERE database_id = $2))
            ON CONFLICT (database_id) WHERE resolved_at IS NULL DO UPDATE SET reason = excluded.reason, to_lsn = excluded.to_lsn
            WHERE gaps.reason <> 'server_went_back'
            """;
        return source.ExecuteAsync(
            sql,
            [Guid.CreateVersion7(), databaseId.Value, reason, LogTypes.Parameter(from), to is { } lsn ? LogTypes.Parameter(lsn) : null],
            cancellationToken);
    }

    /// <summary>Closes the open gap, if there is one, because nothing was lost after all.</summary>
    public Task WithdrawAsync(DatabaseId databaseId, string resolution, CancellationToken cancellationToken) => source.ExecuteAsync(
        "UPDATE sequin.gaps SET resolved_at = now(), resolution = $2 WHERE database_id = $1 AND resolved_at IS NULL",
        [databaseId.Value, resolution],
        cancellationToken);

    /// <returns>Null: none is open.</returns>
    public Task<GapRecord?> FindOpenAsync(DatabaseId databaseId, CancellationToken cancellationToken) =>
        source.ReadOneAsync($"{Select} WHERE database_id = $1 AND resolved_at IS NULL", [databaseId.Value], Read, cancellationToken);

    /// <returns>Null: there is none.</returns>
    public Task<GapRecord?> FindAsync(Guid id, CancellationToken cancellationToken) =>
        source.ReadOneAsync($"{Select} WHERE id = $1", [id], Read, cancellationToken);

    /// <summary>The newest first.</summary>
    /// <param name="databaseId">Where.</param>
    /// <param name="limit">At most this many.</param>
    /// <param name="after">Id of the last one seen; null: from the newest. After anything else nothing follows.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public async Task<IReadOnlyList<GapRecord>> ListAsync(
        DatabaseId databaseId, int limit, string? after, CancellationToken cancellationToken)
    {
        var afterId = Guid.TryParse(after, out var id) ? id : (Guid?)null;
        if (after is not null && afterId is null)
            return [];
        return await source.ReadListAsync(
            $"{Select} WHERE database_id = $1 AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
            [databaseId.Value, LogTypes.Parameter(afterId), limit], Read, cancellationToken);
    }

    private static GapRecord Read(NpgsqlDataReader row) => new()
    {
        Id = row.GetGuid(0),
        DatabaseId = new DatabaseId(row.GetGuid(1)),
        Reason = row.GetString(2),
        From = row.ReadLsn(3),
        To = row.IsDBNull(4) ? null : row.ReadLsn(4),
        Tables = row.ReadOrNull<string[]>(5) ?? [],
        DetectedAt = row.GetFieldValue<DateTimeOffset>(6),
        ResolvedAt = row.ReadOrNull<DateTimeOffset?>(7),
        Resolution = row.ReadOrNull<string>(8),
        Backfill = row.ReadOrNull<string>(9),
    };
}
