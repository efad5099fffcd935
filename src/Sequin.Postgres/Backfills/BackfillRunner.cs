using Microsoft.Extensions.Logging;
using Npgsql;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Backfills;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Replication.Decoding;

namespace Sequin.Postgres.Backfills;

/// <summary>
/// Runs the active backfills of one database for as long as its pump runs: only the owner of the slot may, because each chunk is
/// written by the pump, under its lease. What one of them meets never ends the pump, nor another backfill.
/// </summary>
internal sealed partial class BackfillRunner(BackfillContext context, ConsumerCatalog consumers, ILogger logger)
{
    private readonly Dictionary<BackfillId, (Task Task, CancellationTokenSource Stop)> _running = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                try
                {
                    await RunOnceAsync(cancellationToken);
                }
                catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
                {
                    LogNotListed(exception, context.Database.Name);
                }

                await Task.Delay(context.Limits.PollInterval, context.Time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            await Task.WhenAll(_running.Values.Select(job => job.Task));
            foreach (var (_, stop) in _running.Values)
                stop.Dispose();
        }
    }

    private async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        // Before the look: the cursor that is read there must be the one that an ended job left.
        foreach (var (id, job) in _running.Where(job => job.Value.Task.IsCompleted).ToList())
        {
            _running.Remove(id);
            job.Stop.Dispose();
        }

        var active = await context.Store.ListActiveAsync(context.Database.Id, cancellationToken);
        var wanted = active.Select(backfill => backfill.Id).ToHashSet();
        foreach (var (id, job) in _running)
        {
            if (!wanted.Contains(id))
                await job.Stop.CancelAsync();
        }

        foreach (var backfill in active)
        {
            if (_running.Count < context.Limits.RunningMax && !_running.ContainsKey(backfill.Id))
                Start(backfill, cancellationToken);
        }
    }

    private void Start(BackfillRecord backfill, CancellationToken cancellationToken)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _running.Add(backfill.Id, (Task.Run(() => RunAsync(backfill, stop.Token, cancellationToken), CancellationToken.None), stop));
    }

    /// <summary>Until it ends or is stopped; from its cursor again whenever something fails.</summary>
    private async Task RunAsync(BackfillRecord backfill, CancellationToken cancellationToken, CancellationToken pump)
    {
        var delay = context.Limits.RetryDelayFirst;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (await context.Store.FindAsync(backfill.ConsumerId, backfill.Id, cancellationToken) is not
                    { State: BackfillState.Active } present)
                    return;
                if (present.Progress.Chunks > backfill.Progress.Chunks)
                    delay = context.Limits.RetryDelayFirst;
                backfill = present;
                if (await TryRunAsync(backfill, cancellationToken, pump))
                    return;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogRetry(exception, backfill.Id, context.Database.Name, delay);
                context.Host?.OnRetry();
            }
            catch (Exception exception)
            {
                LogStopped(exception.GetType().Name, backfill.Id);
                return;
            }

            await Task.Delay(delay, context.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            delay = delay * 2 < context.Limits.RetryDelayMax ? delay * 2 : context.Limits.RetryDelayMax;
        }
    }

    private async Task<bool> TryRunAsync(BackfillRecord backfill, CancellationToken cancellationToken, CancellationToken pump)
    {
        if (await consumers.FindAsync(backfill.ConsumerId, cancellationToken) is not { } consumer)
            return true;

        LogRunning(backfill.Id, backfill.Request.Table.ToString(), consumer.Name);
        using var job = new BackfillJob(context, backfill, consumer.StreamId, logger);
        try
        {
            var end = await job.RunAsync(cancellationToken);
            LogEnded(backfill.Id, backfill.Request.Table.ToString(), consumer.Name, end);
            context.Host?.OnEnded(end);
            return true;
        }
        catch (PgOutputFormatException unfit)
        {
            await context.Store.ChangeStateAsync(
                backfill.ConsumerId, backfill.Id, BackfillState.Failed, $"A row could not be written as a message: {unfit.Message}",
                cancellationToken);
            context.Host?.OnEnded(BackfillState.Failed);
            return true;
        }
        finally
        {
            await job.EndAsync(pump);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Backfill {BackfillId} of {Table} for consumer {ConsumerName} is running.")]
    private partial void LogRunning(BackfillId backfillId, string table, string consumerName);

    [LoggerMessage(Level = LogLevel.Information, Message = "Backfill {BackfillId} of {Table} for consumer {ConsumerName} has {State}.")]
    private partial void LogEnded(BackfillId backfillId, string table, string consumerName, BackfillState state);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Backfill {BackfillId} was stopped ({Reason}).")]
    private partial void LogStopped(string reason, BackfillId backfillId);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Backfill {BackfillId} of database {DatabaseName} met a failure; going on from its cursor in {Delay}.")]
    private partial void LogRetry(Exception exception, BackfillId backfillId, string databaseName, TimeSpan delay);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The backfills of {DatabaseName} could not be listed; looking again.")]
    private partial void LogNotListed(Exception exception, string databaseName);
}
