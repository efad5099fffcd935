using Npgsql;

namespace Sequin.Postgres.Source;

/// <summary>Where a source database is and who we are there. Never logged: it holds the password.</summary>
public sealed record SourceAddress
{
    public const int PortDefault = 5432;

    public required string Hostname { get; init; }
    public int Port { get; init; } = PortDefault;
    public required string Database { get; init; }
    public required string Username { get; init; }
    public string? Password { get; init; }

    /// <summary>Why there is no password although one was given; then nothing is tried with this address. Null: all is well.</summary>
    public string? PasswordProblem { get; init; }
    public SslMode SslMode { get; init; } = SslMode.Prefer;

    /// <summary>Connections for queries (preflight, backfills), beside the one that streams.</summary>
    public int PoolSize { get; init; } = 10;

    /// <summary>Holds the password: for Npgsql only, never for people.</summary>
    /// <param name="pooled">
    /// Keep connections open for the next user. Not for a single question: an idle connection would hold up the owner's
    /// <c>DROP DATABASE</c>.
    /// </param>
    /// <param name="connectTimeout">Until the session is ready; default 10 s, at least 1 s.</param>
    /// <param name="options">More startup options, such as <c>-c wal_sender_timeout=5s</c>.</param>
    public string ToConnectionString(bool pooled = false, TimeSpan? connectTimeout = null, string options = "")
    {
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = Hostname,
            Port = Port,
            Database = Database,
            Username = Username,
            Password = Password,
            SslMode = SslMode,
            GssEncryptionMode = GssEncryptionMode.Disable,
            ApplicationName = SessionSettings.ApplicationName,
            Options = options.Length == 0 ? SessionSettings.Options : $"{SessionSettings.Options} {options}",
            Timeout = Math.Max(1, (int)(connectTimeout ?? SourceConnector.TimeoutDefault).TotalSeconds),
            Pooling = pooled,
            TcpKeepAlive = true,
            Enlist = false,
        };
        if (pooled)
            builder.MaxPoolSize = Math.Max(1, PoolSize);
        return builder.ConnectionString;
    }

    /// <summary>Without the password, for people.</summary>
    public override string ToString() => $"{Username}@{Hostname}:{Port}/{Database}";
}
