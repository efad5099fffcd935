using System.Diagnostics;
using System.Globalization;

namespace Sequin.Postgres.Embedded.Cluster;

/// <summary>
/// <c>postmaster.pid</c>, by lines: 1 process id, 2 data directory, 3 start time, 4 port, 5 socket directory, 6 listen address,
/// 7 shared memory, 8 status (<c>starting</c>, <c>ready</c>, <c>stopping</c>; padded with blanks).
/// </summary>
internal sealed class PostmasterPidFile(string clusterPath)
{
    private const int PortLine = 3;
    private const int StatusLine = 7;

    /// <summary>Null: there is none, or only its beginning has been written.</summary>
    public PostmasterState? Read()
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(Path.Combine(clusterPath, "postmaster.pid"));
        }
        catch (IOException)
        {
            // Absent, or on Windows just being written.
            return null;
        }
        if (lines.Length == 0 || !int.TryParse(lines[0], CultureInfo.InvariantCulture, out var processId))
            return null;
        var port = lines.Length > PortLine && int.TryParse(lines[PortLine], CultureInfo.InvariantCulture, out var number) ? number : 0;
        return new PostmasterState(processId, port, lines.Length > StatusLine && lines[StatusLine].Trim() == "ready");
    }
}

internal sealed record PostmasterState(int ProcessId, int Port, bool IsReady)
{
    /// <summary>A process of this id lives; it may be another one by now.</summary>
    public bool IdIsTaken => Name() is not null;

    /// <summary>The id belongs to a PostgreSQL that lives; a dead one that nobody has waited for does not count.</summary>
    public bool IsRunning => Name() is "postgres" or "postmaster" && !IsZombie();

    private string? Name()
    {
        try
        {
            using var process = Process.GetProcessById(ProcessId);
            return process.ProcessName;
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private bool IsZombie()
    {
        try
        {
            return OperatingSystem.IsLinux()
                && File.ReadLines($"/proc/{ProcessId}/status").Any(line => line.StartsWith("State:\tZ", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return true;
        }
    }
}
