using System.Text;

namespace Sequin.Postgres.Embedded.Cluster;

/// <summary>The server's log file; what it says since a start explains why that start failed.</summary>
internal sealed class ServerLog(string path)
{
    private const int TailBytesMax = 4_096;
    private long _startedAt;

    /// <summary>From here on it is about the next start. Statements can be in it: made so that only its owner reads it.</summary>
    public void MarkStart()
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        _startedAt = file.Length;
    }

    public string Tail()
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Position = Math.Max(_startedAt, file.Length - TailBytesMax);
        return new StreamReader(file, Encoding.UTF8).ReadToEnd().Trim();
    }
}
