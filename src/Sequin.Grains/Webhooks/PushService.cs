using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Sequin.Grains.Consumers;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Webhooks;

/// <summary>
/// Nobody asks a consumer that pushes for anything, so its grain would not come to life after a restart, nor stay alive. Every silo
/// calls those whose turn it is by the ring, and tells them how new they and their endpoints are in the catalog. A consumer that
/// several silos call, because the ring is changing, takes no harm.
/// </summary>
internal sealed partial class PushService(
    GrainId id, Silo silo, ILoggerFactory loggers, ConsumerCatalog catalog, IGrainFactory grains, TimeProvider time)
    : GrainService(id, silo, loggers), IPushService
{
    /// <summary>How long a push stands still after its silo died, and a change of an endpoint goes unnoticed.</summary>
    private static readonly TimeSpan CallInterval = TimeSpan.FromSeconds(2);

    /// <summary>Consumers that a cluster pushes for at most.</summary>
    private const int ConsumersMax = 10_000;

    /// <summary>Consumers that are called at the same time: each first call reads its state.</summary>
    private const int CalledAtOnceMax = 100;

    private readonly ILogger _logger = loggers.CreateLogger<PushService>();
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    public override async Task Stop()
    {
        await _stop.CancelAsync();
        await _loop;
        await base.Stop();
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
                await CallAllAsync();
            }
            catch (Exception exception) when (!_stop.IsCancellationRequested)
            {
                LogCallsFailed(_logger, exception, CallInterval);
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(CallInterval, time, _stop.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private async Task CallAllAsync()
    {
        var consumers = await catalog.ListPushingAsync(ConsumersMax, _stop.Token);
        foreach (var some in consumers.Where(IsOurTurn).Chunk(CalledAtOnceMax))
            await Task.WhenAll(some.Select(CallAsync)).WaitAsync(_stop.Token);
    }

    // One consumer that cannot be called must not keep the others from it.
    private async Task CallAsync(PushingConsumer consumer)
    {
        try
        {
            await grains.GetGrain<IConsumerGrain>(consumer.Id.Value)
                .KeepPushingAsync(consumer.Revision, consumer.EndpointRevision, _stop.Token);
        }
        catch (Exception exception) when (!_stop.IsCancellationRequested)
        {
            LogCallFailed(_logger, exception, consumer.Id.Value, CallInterval);
        }
    }

    private bool IsOurTurn(PushingConsumer consumer) =>
        RingRange.InRange(GrainId.Create("sequin.push", consumer.Id.Value.ToString("N")).GetUniformHashCode());

    [LoggerMessage(Level = LogLevel.Warning, Message = "The consumers that push could not be listed; looking again in {Interval}.")]
    private static partial void LogCallsFailed(ILogger logger, Exception exception, TimeSpan interval);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Consumer {ConsumerId} could not be called to push; calling again in {Interval}.")]
    private static partial void LogCallFailed(ILogger logger, Exception exception, Guid consumerId, TimeSpan interval);
}
