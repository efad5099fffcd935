using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Replication;

/// <summary>
/// Runs one <see cref="ReplicationWorker"/> for every source database of the catalog, in every silo. Who really writes is
/// decided by the lease in the log database; the ring only says whose turn it is, so that the others leave it the first try.
/// </summary>
internal sealed partial class ReplicationService(
    GrainId id, Silo silo, ILoggerFactory loggers, DatabaseCatalog catalog, IServiceProvider services, TimeProvider time)
    : GrainService(id, silo, loggers), IReplicationService
{
    /// <summary>How long a change of the catalog goes unnoticed when nobody calls <see cref="RefreshAsync"/>.</summary>
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(5);

    /// <summary>Source databases a cluster replicates at most.</summary>
    private const int DatabasesMax = 1000;

    private readonly Dictionary<DatabaseId, ReplicationWorker> _workers = [];
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ILogger _logger = loggers.CreateLogger<ReplicationService>();
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    public override async Task Stop()
    {
        await _stop.CancelAsync();
        await _loop;
        await Task.WhenAll(_workers.Values.Select(worker => worker.DisposeAsync().AsTask()));
        _workers.Clear();
        await base.Stop();
    }

    public async Task RefreshAsync()
    {
        await _turn.WaitAsync(_stop.Token);
        try
        {
            var databases = (await catalog.ListAsync(DatabasesMax, after: null, _stop.Token)).ToDictionary(database => database.Id);
            foreach (var (id, worker) in _workers.ToArray())
            {
                if (!databases.TryGetValue(id, out var present) || present.UpdatedAt != worker.Version)
                    await RemoveAsync(id);
            }

            foreach (var database in databases.Values)
            {
                if (!_workers.ContainsKey(database.Id))
                    _workers.Add(database.Id, Start(database));
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task StopAsync(Guid databaseId)
    {
        await _turn.WaitAsync(_stop.Token);
        try
        {
            await RemoveAsync(new DatabaseId(databaseId));
        }
        finally
        {
            _turn.Release();
        }
    }

    protected override Task StartInBackground()
    {
        _loop = RunAsync();
        return Task.CompletedTask;
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await RefreshAsync();
            }
            catch (Exception exception) when (!_stop.IsCancellationRequested)
            {
                LogRefreshFailed(_logger, exception, RefreshInterval);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(RefreshInterval, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private async Task RemoveAsync(DatabaseId database)
    {
        if (_workers.Remove(database, out var worker))
            await worker.DisposeAsync();
    }

    private ReplicationWorker Start(DatabaseRecord database)
    {
        object ourTurn = IsOurTurn(database.Id);
        var monitor = ActivatorUtilities.CreateInstance<SlotMonitor>(services, database, ourTurn);
        return ActivatorUtilities.CreateInstance<ReplicationWorker>(services, database, ourTurn, monitor);
    }

    private bool IsOurTurn(DatabaseId database) =>
        RingRange.InRange(GrainId.Create("sequin.database", database.Value.ToString("N")).GetUniformHashCode());

    [LoggerMessage(Level = LogLevel.Warning, Message = "The catalog could not be read; looking again in {Interval}.")]
    private static partial void LogRefreshFailed(ILogger logger, Exception exception, TimeSpan interval);
}
