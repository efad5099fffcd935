using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Sequin.Postgres.Embedded.Binaries;

namespace Sequin.Postgres.Embedded.Cluster;

/// <summary>A server that runs as processes of this machine.</summary>
internal sealed class ClusterServer(
    InstalledBinaries binaries, ServerDirectory directory, EmbeddedPostgresOptions options, ILogger logger) : IEmbeddedServer
{
    /// <summary>Between us finding a port free and the server taking it, another program can.</summary>
    private const int PortsMax = 5;

    /// <summary>How often the status of a starting server is read.</summary>
    private static readonly TimeSpan StatusInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>After a crash the old backends may live for a moment, and the shared memory with them.</summary>
    private static readonly TimeSpan OldBackendsMax = TimeSpan.FromSeconds(10);

    private readonly ServerLog _log = new(directory.LogPath);
    private ServerUser? _user;
    private ServerProcess? _process;
    private Watchdog? _watchdog;

    public int Port { get; private set; } = options.Port ?? 0;
    public int ProcessId => _process is { HasExited: false } ? directory.StartedProcessId ?? 0 : 0;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _user ??= await PrepareAsync(cancellationToken);
        if (_process is { HasExited: false })
            throw new InvalidOperationException($"PostgreSQL process {ProcessId} already runs on {directory.FullPath}.");
        var previous = new PreviousServer(binaries, directory, _user, logger);
        var staleId = await previous.SettleAsync(cancellationToken);
        await new ClusterFiles(binaries, directory, _user, logger).MakeAsync(cancellationToken);
        await StartOnPortAsync(staleId, cancellationToken);
        if (!_user.DiesWithParent && !OperatingSystem.IsWindows())
            _watchdog = new Watchdog("kill", "-INT", $"{ProcessId}");
    }

    public async Task StopAsync(ShutdownMode mode, CancellationToken cancellationToken)
    {
        if (_process is { HasExited: false } process)
        {
            var command = _user!.ForTool(PgCtl.Stop(binaries, directory, mode));
            var answer = await Tool.RunAsync(command, cancellationToken, workingDirectory: directory.FullPath);
            // It may have ended, or been killed, just before.
            if (!answer.Succeeded && directory.PidFile.Read() is { IsRunning: true })
                throw new InvalidOperationException($"PostgreSQL on {directory.FullPath} could not be told to stop: {answer.Said}");
            await process.Exited.WaitAsync(cancellationToken);
        }
        _watchdog?.Dispose();
        _watchdog = null;
    }

    public ValueTask DisposeAsync()
    {
        _watchdog?.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<ServerUser> PrepareAsync(CancellationToken cancellationToken)
    {
        var user = await ServerUser.ChooseAsync(cancellationToken);
        user.LetEnter(directory.FullPath);
        await user.RequireEntryAsync(binaries.Directory, "the server's programs in", cancellationToken);
        await user.RequireEntryAsync(directory.FullPath, "the data directory", cancellationToken);
        return user;
    }

    private async Task StartOnPortAsync(int? staleId, CancellationToken cancellationToken)
    {
        var mayMove = Port == 0;
        if (mayMove)
            Port = FreePort.Find();
        var began = options.TimeProvider.GetTimestamp();
        for (var ports = 1; !await TryStartAsync(staleId, cancellationToken);)
        {
            var said = _log.Tail();
            if (mayMove && ports < PortsMax && said.Contains("Address already in use", StringComparison.Ordinal))
            {
                var next = FreePort.Find();
                logger.PortTaken(Port, next);
                (Port, ports) = (next, ports + 1);
            }
            else if (!said.Contains("shared memory block", StringComparison.Ordinal)
                || options.TimeProvider.GetElapsedTime(began) > OldBackendsMax)
            {
                throw new PostgresStartException(
                    $"PostgreSQL ({binaries.Source}) did not start on {directory.FullPath}, port {Port}. Its log ends with:\n{said}");
            }
        }
    }

    /// <summary>False: it ended, and its log says why.</summary>
    private async Task<bool> TryStartAsync(int? staleId, CancellationToken cancellationToken)
    {
        var before = directory.PidFile.Read()?.ProcessId;
        _log.MarkStart();
        _process = await ServerProcess.StartAsync(StartInfo(staleId));
        directory.StartedProcessId = _process.Id;
        try
        {
            while (!_process.HasExited)
            {
                if (directory.PidFile.Read() is { IsReady: true } state && state.ProcessId != before && state.Port == Port)
                {
                    // runuser stays between us and the server, so that the two ids differ.
                    directory.StartedProcessId = state.ProcessId;
                    return true;
                }
                await Task.Delay(StatusInterval, options.TimeProvider, cancellationToken);
            }
            return false;
        }
        catch
        {
            _process.Kill();
            await _process.Exited;
            throw;
        }
    }

    private ProcessStartInfo StartInfo(int? staleId)
    {
        var settings = ServerSettings.Arguments(options.Settings, [new("port", $"{Port}"), .. LogSettings()]);
        var server = _user!.ForServer([binaries.Program("postgres"), "-D", directory.ClusterPath, .. settings]);
        // The shell only joins the log to the server's output: the file stays open to it when we are killed, which a pipe would not.
        string[] join = [Tool.Shell, "-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", directory.LogPath];
        var start = Tool.StartInfo(OperatingSystem.IsWindows() ? server : [.. join, .. server], directory.FullPath);
        // PostgreSQL's own way to say that a process id in a stale postmaster.pid is not a server, though the process lives.
        if (staleId is not null)
            start.Environment["PG_GRANDPARENT_PID"] = $"{staleId}";
        return start;
    }

    private Dictionary<string, string> LogSettings() => OperatingSystem.IsWindows()
        ? new()
        {
            ["logging_collector"] = "on",
            ["log_directory"] = directory.FullPath,
            ["log_filename"] = Path.GetFileName(directory.LogPath),
        }
        : [];
}
