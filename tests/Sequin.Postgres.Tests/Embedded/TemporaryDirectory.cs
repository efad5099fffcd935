namespace Sequin.Postgres.Tests.Embedded;

/// <summary>Removed with all that is in it. Others may pass through: as root the server runs as somebody else.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory()
    {
        FullPath = Directory.CreateTempSubdirectory("sequin-tests-").FullName;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(FullPath, File.GetUnixFileMode(FullPath) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    public string FullPath { get; }

    public string Below(string name) => Path.Combine(FullPath, name);

    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}
