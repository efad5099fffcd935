using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace Sequin.Postgres.Embedded.Binaries;

/// <summary>The tarball of the package: checked, unpacked, and its symbolic links made (npm cannot store links).</summary>
internal static class PackageArchive
{
    public const UnixFileMode DirectoryMode = PlainMode | ExecuteMode | UnixFileMode.UserWrite;
    private const UnixFileMode PlainMode = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode ExecuteMode = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Every npm tarball has one root directory.</summary>
    private const string Root = "package/";

    public static async Task VerifyAsync(string tarball, string sha512, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(tarball);
        var actual = Convert.ToBase64String(await SHA512.HashDataAsync(file, cancellationToken));
        if (actual != sha512)
        {
            throw new PackageException(
                $"refused, its checksum is wrong: expected sha512-{sha512}, got sha512-{actual}. Is a proxy or a mirror changing it?");
        }
    }

    public static async Task UnpackAsync(string tarball, string target, CancellationToken cancellationToken)
    {
        MakeDirectory(target);
        await using var file = File.OpenRead(tarball);
        await using var plain = new GZipStream(file, CompressionMode.Decompress);
        await using var archive = new TarReader(plain);
        while (await archive.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                await UnpackAsync(entry, PathIn(target, entry.Name), cancellationToken);
        }
        await LinkAsync(target, cancellationToken);
    }

    private static async Task UnpackAsync(TarEntry entry, string path, CancellationToken cancellationToken)
    {
        MakeDirectory(Path.GetDirectoryName(path)!);
        await entry.ExtractToFileAsync(path, overwrite: false, cancellationToken);
        if (OperatingSystem.IsWindows())
            return;
        var runs = entry.Mode.HasFlag(UnixFileMode.UserExecute) || Path.GetFileName(Path.GetDirectoryName(path)) == "bin";
        File.SetUnixFileMode(path, (runs ? PlainMode | ExecuteMode : PlainMode) | UnixFileMode.UserWrite);
    }

    private static async Task LinkAsync(string target, CancellationToken cancellationToken)
    {
        var list = Path.Combine(target, "native", "pg-symlinks.json");
        if (!File.Exists(list))
            return;
        await using var json = File.OpenRead(list);
        var links = await JsonSerializer.DeserializeAsync<SymbolicLink[]>(json, JsonSerializerOptions.Web, cancellationToken);
        foreach (var link in links!)
        {
            var path = PathIn(target, Root + link.Target);
            var pointsAt = Path.GetRelativePath(Path.GetDirectoryName(path)!, PathIn(target, Root + link.Source));
            File.CreateSymbolicLink(path, pointsAt);
        }
    }

    private static string PathIn(string target, string name)
    {
        var path = name.StartsWith(Root, StringComparison.Ordinal) ? Path.GetFullPath(Path.Combine(target, name[Root.Length..])) : "";
        return path.StartsWith(target + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? path
            : throw new PackageException($"refused, it holds a file outside its root: {name}");
    }

    /// <summary>Readable by the user who will run the server, whatever our umask is.</summary>
    private static void MakeDirectory(string path)
    {
        if (Directory.Exists(path))
            return;
        MakeDirectory(Path.GetDirectoryName(path)!);
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, DirectoryMode);
    }

    private sealed record SymbolicLink(string Source, string Target);
}
