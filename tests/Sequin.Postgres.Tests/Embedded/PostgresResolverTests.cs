using Microsoft.Extensions.Logging.Abstractions;
using Sequin.Postgres.Embedded;
using Sequin.Postgres.Embedded.Binaries;
using Sequin.Postgres.Embedded.Cluster;

namespace Sequin.Postgres.Tests.Embedded;

public sealed class PostgresResolverTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_found_says_what_was_tried_and_gives_three_commands()
    {
        using var directory = new TemporaryDirectory();
        var resolver = new PostgresResolver(
        [
            new LocalBinaries([directory.FullPath]),
            new PackageBinaries(Unreachable(directory), NullLogger.Instance),
            new DockerEngine("no-such-docker"),
        ]);

        var missing = await Assert.ThrowsAsync<PostgresNotFoundException>(() => resolver.FindAsync(clusterMajor: null, Token));

        var lines = missing.Message.Split('\n');
        Assert.Contains(lines, line => line.StartsWith("  local binaries", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("  npm package", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("  Docker: not installed", StringComparison.Ordinal));
        Assert.Matches("^  (sudo|brew|winget) .*postgres", lines[^3].ToLowerInvariant());
        Assert.StartsWith("  export SEQUIN_POSTGRES_BIN=", lines[^2], StringComparison.Ordinal);
        Assert.StartsWith("  export ConnectionStrings__sequin='Host=", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task First_source_that_has_one_wins()
    {
        var resolver = new PostgresResolver(
            [new LocalBinaries([]), new LocalBinaries(LocalBinaries.UsualDirectories()), new DockerEngine("no-such-docker")]);

        var found = Assert.IsType<InstalledBinaries>(await resolver.FindAsync(clusterMajor: null, Token));

        Assert.True(found.Version.Major >= PostgresVersion.MajorMin);
    }

    [Fact]
    public async Task Links_on_the_search_path_lead_to_the_directory_that_has_all_programs()
    {
        var real = Assert.IsType<InstalledBinaries>(
            (await new LocalBinaries(LocalBinaries.UsualDirectories()).FindAsync(clusterMajor: null, Token)).Installation);
        using var directory = new TemporaryDirectory();
        foreach (var name in new[] { "postgres", "initdb", "pg_ctl" })
            File.CreateSymbolicLink(InstalledBinaries.ProgramIn(directory.FullPath, name), real.Program(name));

        var found = await new LocalBinaries([directory.FullPath]).FindAsync(clusterMajor: null, Token);

        Assert.Equal(real, found.Installation);
    }

    [Fact]
    public async Task Cluster_of_another_version_is_not_given_to_binaries_that_cannot_read_it()
    {
        var local = await new LocalBinaries(LocalBinaries.UsualDirectories()).FindAsync(clusterMajor: 13, Token);
        using var directory = new TemporaryDirectory();
        var package = await new PackageBinaries(Unreachable(directory), NullLogger.Instance).FindAsync(clusterMajor: 13, Token);

        Assert.Null(local.Installation);
        Assert.Contains("wanted 13, as the data directory needs", local.Reason, StringComparison.Ordinal);
        Assert.Contains("the data directory needs version 13", package.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18")]
    [InlineData("postgres (PostgreSQL) 18.4", "18.4")]
    [InlineData("postgres (PostgreSQL) 19beta1", "19.0")]
    [InlineData("postgres (PostgreSQL) 20devel", "20.0")]
    [InlineData("something else 15.18", null)]
    public void Version_is_read_from_what_the_server_says(string text, string? version) =>
        Assert.Equal(version, PostgresVersion.Parse(text)?.ToString());

    private static EmbeddedPostgresOptions Unreachable(TemporaryDirectory directory) => new()
    {
        PackageRegistry = new Uri($"http://127.0.0.1:{FreePort.Find()}"),
        CacheDirectory = directory.Below("cache"),
    };
}
