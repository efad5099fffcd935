using System.Diagnostics;

namespace Sequin.Postgres.Embedded.Cluster;

/// <summary>
/// Runs a command after our end, for where the kernel does not stop the server: a shell that reads from a pipe which only we hold.
/// However we end, the read ends too. Not for Windows.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    // Ctrl+C reaches the shell as well, and must not take it before us.
    private const string Script = "trap '' INT TERM HUP; read _; \"$@\"";

    private readonly Process _shell;

    public Watchdog(params string[] command)
    {
        var start = Tool.StartInfo([Tool.Shell, "-c", Script, Tool.Shell, .. command]);
        start.RedirectStandardInput = true;
        _shell = Process.Start(start)!;
    }

    public void Dispose()
    {
        _shell.Kill();
        _shell.WaitForExit();
        _shell.Dispose();
    }
}
