using Microsoft.Extensions.Logging;
using Sequin.Postgres.Embedded.Binaries;

namespace Sequin.Postgres.Embedded.Cluster;

/// <summary>What an earlier run left in a kept directory. We hold its lock, so that run is over.</summary>
internal sealed class PreviousServer(InstalledBinaries binaries, ServerDirectory directory, ServerUser user, ILogger logger)
{
    private static readonly TimeSpan StatusInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Long enough for the last checkpoint of a busy server.</summary>
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Afterwards no server runs here. A process id is returned that stands in a stale postmaster.pid but belongs to somebody else by
    /// now, as after the restart of a container.
    /// </summary>
    public async Task<int?> SettleAsync(CancellationToken cancellationToken)
    {
        if (directory.PidFile.Read() is not { } state)
            return null;
        if (!state.IsRunning)
            return state.IdIsTaken ? state.ProcessId : null;
        if (state.ProcessId != directory.StartedProcessId)
        {
            throw new PostgresStartException(
                $"The data directory {directory.FullPath} is in use by PostgreSQL process {state.ProcessId}, which this program did "
                + $"not start. Stop it (pg_ctl stop -D {directory.ClusterPath}), or choose another directory.");
        }
        logger.StoppingOrphan(state.ProcessId, directory.FullPath);
        await StopAsync(state.ProcessId, cancellationToken);
        return null;
    }

    private async Task StopAsync(int processId, CancellationToken cancellationToken)
    {
        // Its answer does not matter: often the server is stopping already, because its owner died.
        await Tool.RunAsync(
            user.ForTool(PgCtl.Stop(binaries, directory, ShutdownMode.Fast)), cancellationToken, workingDirectory: directory.FullPath);
        using var limit = new CancellationTokenSource(StopMax);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            while (directory.PidFile.Read() is { IsRunning: true })
                await Task.Delay(StatusInterval, TimeProvider.System, either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new PostgresStartException(
                $"PostgreSQL process {processId}, left on {directory.FullPath} by an earlier run, did not stop in "
                + $"{StopMax.TotalSeconds} s. Stop it, or choose another directory.");
        }
    }
}
