using Dapper;
using Npgsql;

namespace Sequin.Postgres.Source.Checks;

/// <summary>The settings and rights that replication needs.</summary>
internal sealed record ServerFacts
{
    // Who waits for whom: a new slot waits for every transaction that has written and not ended, prepared ones included.
    private const string Sql =
        """
        SELECT current_setting('server_version_num')::int / 10000 AS majorversion,
               current_setting('wal_level') AS wallevel,
               pg_is_in_recovery() AS isstandby,
               current_user::text AS username,
               current_database()::text AS database,
               r.rolsuper AS issuperuser,
               r.rolreplication AS hasreplication,
               EXISTS (SELECT FROM pg_roles m WHERE m.rolname = 'rds_replication') AS isrds,
               EXISTS (SELECT FROM pg_roles m WHERE m.rolname = 'rds_replication' AND pg_has_role(r.oid, m.oid, 'MEMBER'))
                   AS hasrdsreplication,
               has_database_privilege(current_database(), 'CREATE') AS maycreate,
               current_setting('max_replication_slots')::int AS slotsmax,
               (SELECT count(*)::int FROM pg_replication_slots) AS slotsused,
               current_setting('max_wal_senders')::int AS walsendersmax,
               (SELECT count(*)::int FROM pg_stat_replication) AS walsendersused,
               (SELECT count(*)::int FROM pg_prepared_xacts) AS preparedtransactions,
               (SELECT count(*)::int FROM pg_stat_activity a
                WHERE a.backend_xid IS NOT NULL AND a.pid <> pg_backend_pid()
                  AND a.xact_start < clock_timestamp() - interval '10 seconds') AS longtransactions
        FROM pg_roles r
        WHERE r.rolname = current_user
        """;

    public int MajorVersion { get; init; }
    public string WalLevel { get; init; } = "";
    public bool IsStandby { get; init; }
    public string Username { get; init; } = "";
    public string Database { get; init; } = "";
    public bool IsSuperuser { get; init; }
    public bool HasReplication { get; init; }
    public bool IsRds { get; init; }
    public bool HasRdsReplication { get; init; }
    public bool MayCreate { get; init; }
    public int SlotsMax { get; init; }
    public int SlotsUsed { get; init; }
    public int WalSendersMax { get; init; }
    public int WalSendersUsed { get; init; }
    public int PreparedTransactions { get; init; }
    public int LongTransactions { get; init; }

    public bool MayReplicate => IsSuperuser || HasReplication || HasRdsReplication;

    public static Task<ServerFacts> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.QuerySingleAsync<ServerFacts>(new CommandDefinition(Sql, cancellationToken: cancellationToken));
}
