using Npgsql;

namespace Sequin.Postgres.Log;

/// <summary>What decides whether a server can hold the log database.</summary>
/// <param name="VersionNumber">As <c>server_version_num</c>: 150018 is 15.18.</param>
/// <param name="Fsync">As the server shows it.</param>
/// <param name="Encoding">Of the database.</param>
/// <param name="IsInRecovery">A standby: nothing can be written.</param>
internal sealed record LogServer(int VersionNumber, string Fsync, string Encoding, bool IsInRecovery)
{
    public const int MajorVersionMin = 14;

    private const string Query = """
        SELECT current_setting('server_version_num')::integer, current_setting('fsync'), current_setting('server_encoding'),
               pg_is_in_recovery()
        """;

    public static async Task<LogServer> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Query, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new LogServer(reader.GetInt32(0), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3));
    }

    /// <summary>Why this server is refused and what to do about it; null: it is not.</summary>
    public string? Refusal()
    {
        var major = VersionNumber / 10_000;
        if (major < MajorVersionMin)
            return $"The log database's server is PostgreSQL {major}, and at least {MajorVersionMin} is needed. "
                + "Upgrade it, or give another server in ConnectionStrings__sequin.";
        if (IsInRecovery)
            return "The log database's server is a standby and takes no writes. Give the primary in ConnectionStrings__sequin.";
        if (Fsync != "on")
            return $"The log database's server runs with fsync={Fsync}: a crash of its machine would lose or damage changes that were "
                + "already confirmed to their source. Set it back: ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf();";
        if (Encoding != "UTF8")
            return $"The log database has the encoding {Encoding}, and UTF8 is needed: names and messages can hold any character. "
                + "Create another: CREATE DATABASE sequin ENCODING 'UTF8' TEMPLATE template0;";
        return null;
    }
}
