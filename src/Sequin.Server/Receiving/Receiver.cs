using Sequin.Grains.Consumers;
using Sequin.Server.Errors;

namespace Sequin.Server.Receiving;

/// <summary>One receive: waits in the consumer's grain, and gives back what a caller who has gone away can no longer take.</summary>
internal sealed partial class Receiver(ConsumerGateway consumers, IHostApplicationLifetime lifetime, ILogger<Receiver> logger)
{
    public async Task ReceiveAsync(string idOrName, ReceiveRequest request, HttpContext context)
    {
        // A stopping server ends its long polls with an empty answer: the caller's next one reaches another process.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        ReceiveResult? result;
        try
        {
            result = await consumers.CallAsync(idOrName,
                consumer => consumer.ReceiveAsync(request, ending.Token), r => r.Outcome == ReceiveOutcome.Gone, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            result = new ReceiveResult(ReceiveOutcome.Ok, [], []);
        }

        if (result is null)
            await Problem.NotFound("consumer", idOrName).ExecuteAsync(context);
        else if (!context.RequestAborted.IsCancellationRequested)
            await ReceiveResponse.WriteAsync(context.Response, result, context.RequestAborted);
        else
            await GiveBackAsync(idOrName, result);
    }

    // Only when nothing was written: a caller that got the bytes and then hung up does hold its leases.
    private async Task GiveBackAsync(string idOrName, ReceiveResult result)
    {
        if (result.Messages.Length == 0)
            return;

        var receipts = Array.ConvertAll(result.Messages, message => message.Receipt);
        await consumers.CallAsync(idOrName,
            consumer => consumer.NackAsync(receipts, TimeSpan.Zero, null, CancellationToken.None), r => r.Gone, CancellationToken.None);
        LogGivenBack(idOrName, receipts.Length);
    }

    [LoggerMessage(LogLevel.Debug, "A caller of {ConsumerName} hung up before {Count} messages reached it; they are ready again")]
    private partial void LogGivenBack(string consumerName, int count);
}
