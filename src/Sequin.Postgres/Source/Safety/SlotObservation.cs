using Dapper;
using Npgsql;
using Sequin.Core.Changes;
using Sequin.Postgres.Source.Setup;

namespace Sequin.Postgres.Source.Safety;

/// <summary>What a source says now of all that can cost a slot its WAL.</summary>
public sealed record SlotObservation
{
    // Only transactions that have written hold the slot's WAL back, prepared ones included. Those of other roles are hidden from a
    // role without pg_read_all_stats.
    private const string Sql =
        """
        SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)::text AS wal,
               extract(epoch FROM clock_timestamp() - least(
                   (SELECT min(a.xact_start) FROM pg_stat_activity a WHERE a.backend_xid IS NOT NULL AND a.pid <> pg_backend_pid()),
                   (SELECT min(p.prepared) FROM pg_prepared_xacts p)))::float8 AS oldesttransactionseconds,
               r.rolsuper OR r.rolreplication OR EXISTS (
                   SELECT FROM pg_roles m WHERE m.rolname = 'rds_replication' AND pg_has_role(r.oid, m.oid, 'MEMBER')) AS mayreplicate,
               ARRAY(SELECT quote_ident(t.schemaname) || '.' || quote_ident(t.tablename) FROM pg_publication_tables t
                     WHERE t.pubname = @publication ORDER BY t.schemaname, t.tablename) AS tables
        FROM pg_roles r
        WHERE r.rolname = current_user
        """;

    /// <summary>Null: there is none of the name.</summary>
    public SlotStatus? Slot { get; init; }

    /// <summary>End of the server's WAL.</summary>
    public Lsn WalLsn { get; init; }

    /// <summary>Age of the oldest transaction that has written and not ended; null: none, or none that our role may see.</summary>
    public TimeSpan? OldestTransaction { get; init; }

    /// <summary>False: the next connection will be refused.</summary>
    public bool MayReplicate { get; init; } = true;

    /// <summary>Published, as <c>schema.table</c>, quoted where needed.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];

    public static async Task<SlotObservation> ReadAsync(
        NpgsqlConnection connection, string slotName, string publicationName, CancellationToken cancellationToken)
    {
        var slot = await SlotSetup.ReadAsync(connection, slotName, cancellationToken);
        var row = await connection.QuerySingleAsync<Row>(
            new CommandDefinition(Sql, new { publication = publicationName }, cancellationToken: cancellationToken));
        return new SlotObservation
        {
            Slot = slot,
            WalLsn = Lsn.Parse(row.Wal),
            OldestTransaction = row.OldestTransactionSeconds is { } seconds ? TimeSpan.FromSeconds(Math.Max(0, seconds)) : null,
            MayReplicate = row.MayReplicate,
            Tables = row.Tables,
        };
    }

    private sealed record Row
    {
        public string Wal { get; init; } = "";
        public double? OldestTransactionSeconds { get; init; }
        public bool MayReplicate { get; init; }
        public string[] Tables { get; init; } = [];
    }
}
