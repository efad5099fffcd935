using Microsoft.Extensions.Logging;

namespace Sequin.Postgres.Embedded.Binaries;

/// <summary>Asks the sources in their order; the first that has a PostgreSQL wins.</summary>
internal sealed class PostgresResolver(IReadOnlyList<IPostgresSource> sources)
{
    public PostgresResolver(EmbeddedPostgresOptions options, ILogger logger) : this(SourcesFor(options, logger))
    {
    }

    /// <param name="clusterMajor">The version of a cluster that exists already: no other can read it.</param>
    public async Task<PostgresInstallation> FindAsync(int? clusterMajor, CancellationToken cancellationToken)
    {
        var tried = new List<string>();
        foreach (var source in sources)
        {
            var found = await source.FindAsync(clusterMajor, cancellationToken);
            if (found.Installation is { } installation)
                return installation;
            tried.Add(found.Reason!);
        }
        throw new PostgresNotFoundException(tried, InstallCommand(clusterMajor));
    }

    private static IReadOnlyList<IPostgresSource> SourcesFor(EmbeddedPostgresOptions options, ILogger logger)
    {
        var all = new (ServerBinaries Kind, IPostgresSource Source)[]
        {
            (ServerBinaries.Local, new LocalBinaries(LocalBinaries.UsualDirectories())),
            (ServerBinaries.Package, new PackageBinaries(options, logger)),
            (ServerBinaries.Docker, new DockerEngine("docker")),
        };
        return [.. all.Where(s => options.ServerBinaries is ServerBinaries.Any || options.ServerBinaries == s.Kind).Select(s => s.Source)];
    }

    private static string InstallCommand(int? major)
    {
        if (OperatingSystem.IsWindows())
            return $"winget install PostgreSQL.PostgreSQL.{major ?? NpmPackage.Major}";
        if (OperatingSystem.IsMacOS())
            return $"brew install postgresql@{major ?? NpmPackage.Major}";
        if (Tool.Find("apk") is not null)
            return $"sudo apk add postgresql{major ?? NpmPackage.Major}";
        if (Tool.Find("dnf") is not null)
            return "sudo dnf install -y postgresql-server";
        return major is null ? "sudo apt-get install -y postgresql" : $"sudo apt-get install -y postgresql-{major}";
    }
}
