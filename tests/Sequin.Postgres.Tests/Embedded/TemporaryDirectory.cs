namespace Sequin.Postgres.Tests.Embedded;

/// <summary>Removed with all that is in it. Others may pass through: as root the server runs as somebody else.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private const UnixFileMode PassThrough = UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Write = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    public TemporaryDirectory()
    {
        FullPath = Directory.CreateTempSubdirectory("sequin-tests-").FullName;
        Allow(PassThrough);
    }

    public string FullPath { get; }

    public string Below(string name) => Path.Combine(FullPath, name);

    public void OpenToAll() => Allow(PassThrough | Write);

    public string CopyOf(string directory, string name)
    {
        var copy = Below(name);
        foreach (var file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(directory, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
        return copy;
    }

    public void Dispose() => Directory.Delete(FullPath, recursive: true);

    private void Allow(UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(FullPath, File.GetUnixFileMode(FullPath) | mode);
    }
}
