using Microsoft.Extensions.Logging;
using Sequin.Core.Windows;
using Sequin.Grains.Webhooks;

namespace Sequin.Grains.Consumers;

/// <summary>What the answers to pushed batches do to their messages.</summary>
internal sealed partial class ConsumerGrain
{
    private async Task SettleAsync(GrantedLease granted, WebhookAttempt attempt)
    {
        await _reloading;
        if (_model is not { } model || granted.Generation != _window.Generation)
            return;
        if (attempt.Report.Outcome is DeliveryOutcome.Gone gone)
        {
            await PauseAsync(model, granted, OutcomeText.ErrorOf(gone)!);
            return;
        }

        TakeBack(granted, attempt);
        BuryDead();
        await FinishAsync(granted, attempt);
    }

    /// <summary>
    /// Before any ack: one that comes back takes those behind it in its group with it, whatever the receiver says of them, because
    /// they must come after it.
    /// </summary>
    private void TakeBack(GrantedLease granted, WebhookAttempt attempt)
    {
        var retryAfter = (attempt.Report.Outcome as DeliveryOutcome.Refused)?.RetryAfter;
        var error = OutcomeText.ErrorOf(attempt.Report.Outcome);
        // One for all: messages that failed together, as often, come back together, and make the same batch with the same id.
        var random = Random.Shared.NextDouble();
        for (var i = 0; i < granted.Messages.Length; i++)
        {
            var message = granted.Messages[i];
            if (attempt.Verdicts[i] == MessageVerdict.Retry)
            {
                var delay = RetryPolicy.Delay(message.Delivery, retryAfter, random);
                TakeBack(granted, i, (long)delay.TotalMilliseconds, error ?? "The receiver asked for it again.");
            }
            else if (attempt.Verdicts[i] == MessageVerdict.Dead
                && _window.Kill(message.Offset, message.Receipt) == ReceiptStatus.Done)
            {
                _lastErrors.Set(message.Offset, "The receiver declared it dead.");
            }
        }
    }

    private void TakeBack(GrantedLease granted, int index, long delayMs, string reason)
    {
        var message = granted.Messages[index];
        if (granted.Generation == _window.Generation
            && _window.Nack(message.Offset, message.Receipt, NowMs, delayMs) == ReceiptStatus.Done)
            _lastErrors.Set(message.Offset, reason);
    }

    private async Task FinishAsync(GrantedLease granted, WebhookAttempt attempt)
    {
        var acked = new List<long>();
        for (var i = 0; i < granted.Messages.Length; i++)
        {
            var message = granted.Messages[i];
            if (attempt.Verdicts[i] == MessageVerdict.Ok
                && _window.Ack(message.Offset, message.Receipt) is ReceiptStatus.Done or ReceiptStatus.DoneLate)
                acked.Add(message.Offset);
        }

        if (acked.Count == 0)
            return;
        _acksSinceSave += acked.Count;
        await _save.SaveAsync();
        if (granted.Generation != _window.Generation)
            return;
        _window.Release([.. acked]);
        instruments.OnFinished(acked.Count);
    }

    /// <summary>The receiver wants no more. It has refused the messages unseen, so that attempt does not count.</summary>
    private async Task PauseAsync(ConsumerModel model, GrantedLease granted, string reason)
    {
        // No other request begins while the catalog is written.
        _pushNotBeforeMs = NowMs + (long)RetryDelay.TotalMilliseconds;
        GiveBack(granted, serve: false);
        if (await loader.PauseAsync(model, reason, _pushStop.Token) is not { } paused)
            return;
        LogPaused(logger, model.Record.Name, reason);
        await ReloadAsync(paused, _pushStop.Token);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Consumer {ConsumerName} is paused. {Reason} Its messages wait.")]
    private static partial void LogPaused(ILogger logger, string consumerName, string reason);
}
