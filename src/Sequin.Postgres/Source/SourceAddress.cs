using Npgsql;

namespace Sequin.Postgres.Source;

/// <summary>Where a source database is and who we are there. Never logged: it holds the password.</summary>
public sealed record SourceAddress
{
    public required string Hostname { get; init; }
    public int Port { get; init; } = 5432;
    public required string Database { get; init; }
    public required string Username { get; init; }
    public string? Password { get; init; }
    public SslMode SslMode { get; init; } = SslMode.Prefer;

    /// <summary>Connections for queries (preflight, backfills), beside the one that streams.</summary>
    public int PoolSize { get; init; } = 10;

    /// <summary>Without the password, for people.</summary>
    public override string ToString() => $"{Username}@{Hostname}:{Port}/{Database}";
}
