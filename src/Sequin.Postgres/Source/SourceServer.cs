using Npgsql;
using Sequin.Core.Changes;

namespace Sequin.Postgres.Source;

/// <summary>Asks a source who it is.</summary>
public static class SourceServer
{
    // The control file learns of a new timeline only with the first checkpoint after a promotion; the name of the current WAL
    // file has it at once. A standby cannot name its file, and its control file follows the primary's.
    private const string IdentifySql =
        """
        SELECT system_identifier::text,
               CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
                    ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END,
               (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)::text,
               current_setting('server_version_num')::int,
               current_setting('server_version'),
               current_database()::text,
               pg_is_in_recovery()
        FROM pg_control_system()
        """;

    public static async Task<SourceServerIdentity> IdentifyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(IdentifySql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new SourceServerIdentity(
            SystemIdentifier: reader.GetString(0),
            Timeline: reader.GetInt32(1),
            CurrentLsn: Lsn.Parse(reader.GetString(2)),
            VersionNumber: reader.GetInt32(3),
            Version: reader.GetString(4),
            Database: reader.GetString(5),
            IsStandby: reader.GetBoolean(6));
    }
}
