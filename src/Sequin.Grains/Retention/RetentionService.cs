using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sequin.Grains.Consumers;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Retention;

namespace Sequin.Grains.Retention;

/// <summary>
/// Looks after the streams, in every silo: each takes those that nobody has looked after for a while. A crash in between leaves
/// nothing behind: what was deleted is noted with its deletion.
/// </summary>
internal sealed partial class RetentionService(
    RetentionStore store, StreamCatalog streams, ConsumerCatalog consumers, RetentionPass pass, IGrainFactory grains, TimeProvider time,
    ILogger<RetentionService> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>A stream is looked after so often.</summary>
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(10);

    /// <summary>Taken at a time, so that other silos have their share.</summary>
    private const int StreamsMax = 20;

    /// <summary>Looks after what is due, once.</summary>
    /// <returns>How many streams were.</returns>
    public async Task<int> RunOnceAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        await streams.DeleteMessagesAsync(cancellationToken);
        await EndAsync(cancellationToken);
        var due = await store.ClaimAsync(age, StreamsMax, cancellationToken);
        foreach (var stream in due)
        {
            try
            {
                await pass.RunAsync(stream, cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogFailed(exception, stream.Name, Age);
            }
        }

        return due.Count;
    }

    /// <summary>Deletes consumers whose time is over; like a user does, the catalog first.</summary>
    private async Task EndAsync(CancellationToken cancellationToken)
    {
        foreach (var consumer in await consumers.ListExpiredAsync(cancellationToken))
        {
            if (await consumers.DeleteAsync(consumer, cancellationToken))
                await grains.GetGrain<IConsumerGrain>(consumer.Value).DeleteAsync();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await RunOnceAsync(Age, stoppingToken) == StreamsMax)
                    continue;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotClaimed(exception, Interval);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Stream {StreamName} could not be looked after; trying again in {Age}.")]
    private partial void LogFailed(Exception exception, string streamName, TimeSpan age);

    [LoggerMessage(LogLevel.Warning, "The log database did not say which streams are to be looked after; trying again in {Interval}.")]
    private partial void LogNotClaimed(Exception exception, TimeSpan interval);
}
