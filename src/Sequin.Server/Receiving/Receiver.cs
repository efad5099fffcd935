using Sequin.Grains.Consumers;
using Sequin.Server.Errors;

namespace Sequin.Server.Receiving;

/// <summary>One receive: waits in the consumer's grain, and gives back what a caller who has gone away can no longer take.</summary>
internal sealed partial class Receiver(ConsumerGateway consumers, IHostApplicationLifetime lifetime, ILogger<Receiver> logger)
{
    /// <summary>Tells a receiver why a consumer with messages gives none.</summary>
    private const string StatusHeader = "sequin-consumer-status";

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
        else if (Refusal(idOrName, result.Outcome) is { } refusal)
            await refusal.ExecuteAsync(context);
        else if (!context.RequestAborted.IsCancellationRequested)
            await AnswerAsync(context, result);
        else if (request is { RequestId: null, AutoAck: false })
            await GiveBackAsync(idOrName, result);
    }

    private static Problem? Refusal(string idOrName, ReceiveOutcome outcome) => outcome switch
    {
        ReceiveOutcome.Disabled => Problem.Conflict("consumer_disabled",
            $"The consumer '{Shown.Short(idOrName)}' is disabled. Set its status to active to receive from it."),
        ReceiveOutcome.NotPullable => Problem.Conflict("not_pullable",
            $"The consumer '{Shown.Short(idOrName)}' pushes to a webhook. Receive from another consumer, one with the destination "
            + "sequin_stream, or give this one that destination."),
        ReceiveOutcome.TooManyWaiting => Problem.TooManyRequests("too_many_waiting",
            $"As many receives of the consumer '{Shown.Short(idOrName)}' are waiting as its max_waiting allows. "
            + "Try again later, raise max_waiting, or ask without wait_for."),
        _ => null,
    };

    private static Task AnswerAsync(HttpContext context, ReceiveResult result)
    {
        if (result.Outcome == ReceiveOutcome.Paused)
            context.Response.Headers[StatusHeader] = "paused";
        return ReceiveResponse.WriteAsync(context.Response, result, context.RequestAborted);
    }

    // Only when nothing was written: a caller that got the bytes and then hung up does hold its leases.
    private async Task GiveBackAsync(string idOrName, ReceiveResult result)
    {
        if (result.Messages.Length == 0)
            return;

        var receipts = Array.ConvertAll(result.Messages, message => message.Receipt);
        await consumers.CallAsync(idOrName,
            consumer => consumer.GiveBackAsync(receipts), r => r.Gone, CancellationToken.None);
        LogGivenBack(idOrName, receipts.Length);
    }

    [LoggerMessage(LogLevel.Debug, "A caller of {ConsumerName} hung up before {Count} messages reached it; they are ready again")]
    private partial void LogGivenBack(string consumerName, int count);
}
