namespace Sequin.Postgres.Embedded.Binaries;

/// <summary>PostgreSQL as it was installed on this machine, by whatever means.</summary>
internal sealed class LocalBinaries(IReadOnlyList<string> directories) : IPostgresSource
{
    /// <summary>Names one directory of binaries; it is then the only local one that counts.</summary>
    public const string DirectoryVariable = "SEQUIN_POSTGRES_BIN";

    /// <summary>Where distributions and installers put a version's programs; <c>*</c> is one path part that holds the version.</summary>
    private static readonly string[] UsualPlaces =
    [
        "/usr/lib/postgresql/*/bin",
        "/usr/pgsql-*/bin",
        "/usr/libexec/postgresql*",
        "/opt/homebrew/opt/postgresql@*/bin",
        "/usr/local/opt/postgresql@*/bin",
        "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
        "/Applications/Postgres.app/Contents/Versions/*/bin",
        @"C:\Program Files\PostgreSQL\*\bin",
        "/usr/local/pgsql/bin",
    ];

    public async Task<SourceAnswer> FindAsync(int? clusterMajor, CancellationToken cancellationToken)
    {
        var unfit = new List<string>();
        foreach (var directory in directories.Select(BehindLinks).Distinct())
        {
            if (await PostgresVersion.ReadAsync(directory, cancellationToken) is not { } version)
                continue;
            if (clusterMajor is null ? version.Major >= PostgresVersion.MajorMin : version.Major == clusterMajor)
                return SourceAnswer.Found(new InstalledBinaries("local", version, directory));
            unfit.Add($"{version} in {directory}");
        }
        var wanted = clusterMajor is null ? $"{PostgresVersion.MajorMin} or newer" : $"{clusterMajor}, as the data directory needs";
        var found = unfit.Count == 0 ? "none" : $"only {string.Join(", ", unfit)}";
        return SourceAnswer.None($"local binaries (wanted {wanted}; on PATH, in {DirectoryVariable} and the usual places): {found}");
    }

    /// <summary>The named one alone, or PATH and then the usual places, newest version first.</summary>
    public static IReadOnlyList<string> UsualDirectories()
    {
        var named = Environment.GetEnvironmentVariable(DirectoryVariable);
        return string.IsNullOrEmpty(named) ? [.. Tool.SearchPath(), .. UsualPlaces.SelectMany(Expand)] : [named];
    }

    /// <summary>On PATH there may be links to some of the programs; the others, as pg_recvlogical, are where the links point.</summary>
    private static string BehindLinks(string directory)
    {
        var postgres = new FileInfo(InstalledBinaries.ProgramIn(directory, "postgres"));
        return postgres.Exists && postgres.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target
            ? target.DirectoryName!
            : directory;
    }

    private static IEnumerable<string> Expand(string place)
    {
        var parts = place.Split('*');
        if (parts.Length == 1)
            return [place];
        var cut = parts[0].LastIndexOfAny(['/', '\\']) + 1;
        var (parent, prefix) = (parts[0][..cut], parts[0][cut..]);
        if (!Directory.Exists(parent))
            return [];
        return Directory.EnumerateDirectories(parent, prefix + "*")
            .OrderByDescending(found => VersionOf(Path.GetFileName(found)[prefix.Length..]))
            .Select(found => found + parts[1]);
    }

    private static Version VersionOf(string text) =>
        Version.TryParse(text.Contains('.', StringComparison.Ordinal) ? text : $"{text}.0", out var version) ? version : new Version(0, 0);
}
