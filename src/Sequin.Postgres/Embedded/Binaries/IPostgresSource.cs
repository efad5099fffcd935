namespace Sequin.Postgres.Embedded.Binaries;

/// <summary>A place where a PostgreSQL may come from.</summary>
internal interface IPostgresSource
{
    /// <param name="clusterMajor">Only this version will do; null: any of 14 or newer.</param>
    Task<SourceAnswer> FindAsync(int? clusterMajor, CancellationToken cancellationToken);
}

/// <summary>Either an installation, or the reason why this source has none.</summary>
internal sealed record SourceAnswer(PostgresInstallation? Installation, string? Reason)
{
    public static SourceAnswer Found(PostgresInstallation installation) => new(installation, null);

    public static SourceAnswer None(string reason) => new(null, reason);
}
