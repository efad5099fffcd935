using Microsoft.Extensions.Logging;
using Sequin.Grains.Webhooks;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Consumers;

/// <summary>
/// Sends by itself what receivers would ask for: leases a batch for each request that may run, from the same window. A request is
/// sent off this scheduler; its end frees its place.
/// </summary>
internal sealed partial class ConsumerGrain
{
    /// <summary>
    /// Requests that run when the consumer stops have so long to end; then they are cut off. A server that stops has 10 s for all.
    /// </summary>
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(8);

    /// <summary>Another consumer's request may close the circuit earlier than it said.</summary>
    private static readonly TimeSpan CircuitLookMax = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _pushStop = new();
    private readonly RecentAttempts _attempts = new();
    private TaskCompletionSource? _drained;
    private int _pushing;

    /// <summary>Nothing is sent before: the circuit is open, or something of ours failed.</summary>
    private long _pushNotBeforeMs;

    /// <summary>When a batch that is not full goes out; null: none waits.</summary>
    private long? _fillUntilMs;

    private bool MayPush => _exact == Exactness.No && !_broken && !_stop.IsCancellationRequested
        && _model?.Config.Status == ConsumerActivity.Active && NowMs >= _leaseNotBeforeMs && NowMs >= _pushNotBeforeMs;

    /// <summary>
    /// When there may be something to send that cannot be sent now. With every request under way, the end of one is waited for and no
    /// time: one that has passed would make the timer spin.
    /// </summary>
    private long PushDueMs =>
        _model is not { Webhook: { } webhook, Config.Status: ConsumerActivity.Active } || _pushing >= webhook.Settings.Concurrency
            ? long.MaxValue
            : _pushNotBeforeMs > NowMs ? _pushNotBeforeMs : _fillUntilMs ?? long.MaxValue;

    public async Task KeepPushingAsync(long revision, long endpointRevision, CancellationToken cancellationToken)
    {
        if (_model is not { } model)
            return;
        if (model.Record.Revision < revision)
            await ReloadAsync(revision, cancellationToken);
        else if (model.Webhook is { } webhook && webhook.EndpointRevision < endpointRevision)
            await RenewEndpointAsync(cancellationToken);
        ServeWaiters();
    }

    public Task<DeliveryAttempt[]?> ListAttemptsAsync(long? offset, int limit) =>
        Task.FromResult(_model is null ? null : _attempts.List(offset, Math.Clamp(limit, 1, RecentAttempts.CountMax)));

    private async Task RenewEndpointAsync(CancellationToken cancellationToken)
    {
        await _alone.WaitAsync(cancellationToken);
        try
        {
            if (_model is { } model)
                _model = model with { Webhook = await loader.LoadWebhookAsync(model, cancellationToken) };
        }
        finally
        {
            _alone.Release();
        }
    }

    /// <summary>Begins as many requests as may run and have messages.</summary>
    private void Push()
    {
        if (_model?.Webhook is not { } webhook || !MayPush)
            return;
        Expire(NowMs);
        var batches = new List<GrantedLease>();
        while (_pushing + batches.Count < webhook.Settings.Concurrency && HasBatch(webhook) && MaySend(webhook)
            && TryLease(new ReceiveRequest(webhook.Settings.BatchSize, TimeSpan.Zero, webhook.Visibility)) is { } granted)
        {
            batches.Add(granted);
            _fillUntilMs = null;
        }

        // After all are leased: they share one save.
        _pushing += batches.Count;
        foreach (var batch in batches)
            _ = PushAsync(webhook, batch);
    }

    private bool HasBatch(WebhookDestination webhook)
    {
        // Asking the circuit for leave and then leasing nothing would keep others from trying.
        var counts = _window.Counts;
        var room = Math.Min(webhook.Settings.BatchSize, _model!.Config.MaxAckPending - counts.Leased);
        if (counts.Ready == 0 || room <= 0)
        {
            _fillUntilMs = null;
            return false;
        }

        if (webhook.Settings.BatchTimeoutMs == 0 || _window.HasReady(room))
            return true;
        _fillUntilMs ??= NowMs + webhook.Settings.BatchTimeoutMs;
        return NowMs >= _fillUntilMs;
    }

    private bool MaySend(WebhookDestination webhook)
    {
        if (webhook.MaySend(out var wait))
            return true;
        _pushNotBeforeMs = NowMs + (long)Math.Min(wait.TotalMilliseconds, CircuitLookMax.TotalMilliseconds) + 1;
        return false;
    }

    // Nobody awaits it, but _drained; so nothing may escape from it.
    private async Task PushAsync(WebhookDestination webhook, GrantedLease granted)
    {
        try
        {
            await PushOnceAsync(webhook, granted);
        }
        catch (Exception exception)
        {
            // What was not settled comes back when its lease ends.
            if (!_pushStop.IsCancellationRequested)
                LogPushFailed(logger, exception, _model?.Record.Name, RetryDelay);
            _pushNotBeforeMs = NowMs + (long)RetryDelay.TotalMilliseconds;
        }
        finally
        {
            if (--_pushing == 0)
                _drained?.TrySetResult();
        }

        if (!_stop.IsCancellationRequested)
            ServeWaiters();
    }

    private async Task PushOnceAsync(WebhookDestination webhook, GrantedLease granted)
    {
        var batch = await PrepareAsync(granted);
        granted = granted with { Messages = batch.Messages };
        WebhookAttempt attempt;
        try
        {
            attempt = await webhook.SendAsync(batch, _pushStop.Token);
        }
        catch (OperationCanceledException)
        {
            await _reloading;
            for (var i = 0; i < granted.Messages.Length; i++)
                TakeBack(granted, i, delayMs: 0, "The server stopped before the answer came.");
            return;
        }

        _attempts.Add(new DeliveryAttempt(time.GetUtcNow(), attempt.Id, batch.Attempt,
            Array.ConvertAll(granted.Messages, message => message.Offset), attempt.Report.Elapsed, attempt.Report.Status,
            OutcomeText.ErrorOf(attempt.Report.Outcome), attempt.Report.AnswerHead));
        await SettleAsync(granted, attempt);
    }

    private async Task<WebhookBatch> PrepareAsync(GrantedLease granted)
    {
        var leasedAt = time.GetTimestamp();
        try
        {
            // An attempt counts before it is made, whatever becomes of this process.
            await _save.SaveAsync();
            var stored = await _messages.ReadStoredAsync(granted.Messages, _pushStop.Token);
            if (time.GetElapsedTime(leasedAt) is var elapsed && elapsed > WebhookDestination.PrepareMax)
                throw new TimeoutException($"It took {elapsed} to write down the leases and read the messages; nothing was sent.");
            _pushStop.Token.ThrowIfCancellationRequested();
            var batch = WebhookBatch.Of(granted.Generation, granted.Messages, stored);
            await GiveBackAsync(granted with { Messages = granted.Messages[batch.Messages.Length..] });
            instruments.OnDelivered(batch.Messages.Length);
            return batch;
        }
        catch
        {
            await GiveBackAsync(granted);
            throw;
        }
    }

    private async Task GiveBackAsync(GrantedLease granted)
    {
        if (granted.Messages.Length == 0)
            return;
        await _reloading;
        GiveBack(granted, serve: false);
    }

    private async Task StopPushingAsync(CancellationToken cancellationToken)
    {
        if (_pushing == 0)
            return;
        _drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_broken)
            await _drained.Task.WaitAsync(DrainMax, time, cancellationToken).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await _pushStop.CancelAsync();
        await _drained.Task.WaitAsync(cancellationToken).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Consumer {ConsumerName} could not push a batch to its end, for reasons of its own; going on in {Delay}.")]
    private static partial void LogPushFailed(ILogger logger, Exception exception, string? consumerName, TimeSpan delay);
}
