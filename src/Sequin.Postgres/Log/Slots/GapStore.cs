using Npgsql;
using Sequin.Core.Changes;
using Sequin.Core.Identity;

namespace Sequin.Postgres.Log.Slots;

/// <summary>Stretches of WAL whose changes never came into the log. Recorded once each, and kept.</summary>
public sealed class GapStore(NpgsqlDataSource source)
{
    /// <summary>Records an open gap, unless the same one is open already.</summary>
    /// <param name="databaseId">Where.</param>
    /// <param name="reason">In snake_case.</param>
    /// <param name="from">End of what is durable.</param>
    /// <param name="to">Where the slot goes on; null when its LSNs cannot be compared.</param>
    /// <param name="cancellationToken">Ends the write.</param>
    public Task RecordAsync(DatabaseId databaseId, string reason, Lsn from, Lsn? to, CancellationToken cancellationToken)
    {
        const string sql = """
            INSERT INTO sequin.gaps (id, database_id, reason, from_lsn, to_lsn)
            SELECT $1, $2, $3, $4, $5::pg_lsn
            WHERE NOT EXISTS (
                SELECT FROM sequin.gaps
                WHERE database_id = $2 AND reason = $3 AND from_lsn = $4 AND resolved_at IS NULL)
            """;
        return source.ExecuteAsync(
            sql,
            [Guid.CreateVersion7(), databaseId.Value, reason, LogTypes.Parameter(from), to is { } lsn ? LogTypes.Parameter(lsn) : null],
            cancellationToken);
    }
}
