using Sequin.Core.Receipts;
using Sequin.Core.Windows;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Consumers;

/// <summary>What receivers ask for.</summary>
internal sealed partial class ConsumerGrain
{
    public async Task<ReceiveResult> ReceiveAsync(ReceiveRequest request, CancellationToken cancellationToken)
    {
        await _reloading;
        if (_model?.Webhook is not null)
            return new ReceiveResult(ReceiveOutcome.NotPullable, [], []);
        if (_model is null || _model.Config.Status == ConsumerActivity.Disabled)
            return Nothing();

        var granted = Again(request) ?? (_waiters.Count == 0 ? TryLease(request) : null);
        if (granted is null && request.Wait > TimeSpan.Zero)
        {
            if (_waiters.Count >= _model.Config.MaxWaiting)
                return new ReceiveResult(ReceiveOutcome.TooManyWaiting, [], []);
            granted = await WaitAsync(request, cancellationToken);
        }

        return granted is null ? Nothing() : await AnswerAsync(request, granted, cancellationToken);
    }

    public async Task<ReceiptResult> AckAsync(string[] receipts, CancellationToken cancellationToken)
    {
        await _reloading;
        if (_model is not { } model)
            return ReceiptResult.OfNobody;

        var generation = _window.Generation;
        var decoded = model.Receipts.Decode(receipts);
        var statuses = Apply(decoded, receipt => _window.Ack(receipt.Offset, receipt.Number));
        // Somebody else's ack that is on its way to disk is not an answer yet, either.
        if (_window.Counts.Finishing > 0)
            await SaveAcksAsync(statuses);
        if (generation == _window.Generation)
            Release(decoded, statuses);
        ServeWaiters();
        return new ReceiptResult(Gone: false, statuses);
    }

    public async Task<ReceiptResult> NackAsync(
        string[] receipts, TimeSpan delay, string? reason, CancellationToken cancellationToken)
    {
        await _reloading;
        if (_model is not { } model)
            return ReceiptResult.OfNobody;

        var delayMs = (long)delay.TotalMilliseconds;
        var statuses = Apply(model.Receipts.Decode(receipts), receipt =>
        {
            var status = _window.Nack(receipt.Offset, receipt.Number, NowMs, delayMs);
            if (status == ReceiptStatus.Done && reason is not null)
                _lastErrors.Set(receipt.Offset, reason);
            return status;
        });
        BuryDead();
        ServeWaiters();
        // Whoever gave up on a message finds it among the dead letters, unless those cannot be written at the moment.
        await _burying.WaitAsync(BuryWait, time, cancellationToken).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return new ReceiptResult(Gone: false, statuses);
    }

    public async Task<ReceiptResult> GiveBackAsync(string[] receipts)
    {
        await _reloading;
        if (_model is not { } model)
            return ReceiptResult.OfNobody;

        // From the last to the first: giving one back takes back the later ones of its group.
        var decoded = model.Receipts.Decode(receipts);
        Array.Reverse(decoded);
        var statuses = Apply(decoded, receipt => _window.GiveBack(receipt.Offset, receipt.Number));
        Array.Reverse(statuses);
        ServeWaiters();
        return new ReceiptResult(Gone: false, statuses);
    }

    public async Task<ReceiptResult> ExtendAsync(
        string[] receipts, TimeSpan? visibilityTimeout, CancellationToken cancellationToken)
    {
        await _reloading;
        if (_model is not { } model)
            return ReceiptResult.OfNobody;

        var visibilityMs = (long)(visibilityTimeout?.TotalMilliseconds ?? model.Config.VisibilityTimeoutMs);
        // Who was replaced without knowing must not promise anything.
        var mustSave = IsSilent;
        var statuses = Apply(model.Receipts.Decode(receipts), receipt =>
        {
            var status = _window.Extend(receipt.Offset, receipt.Number, NowMs, visibilityMs, out var longer);
            mustSave |= longer;
            return status;
        });
        Arm();
        if (mustSave)
            await _save.SaveAsync();
        return new ReceiptResult(Gone: false, statuses);
    }

    private ReceiveResult Nothing() => _model switch
    {
        null => ReceiveResult.Gone,
        { Config.Status: ConsumerActivity.Paused } model => new ReceiveResult(ReceiveOutcome.Paused, [], model.Suffix),
        { Config.Status: ConsumerActivity.Disabled } => new ReceiveResult(ReceiveOutcome.Disabled, [], []),
        var model => new ReceiveResult(ReceiveOutcome.Ok, [], model.Suffix),
    };

    private async Task<ReceiveResult> AnswerAsync(ReceiveRequest request, GrantedLease granted, CancellationToken cancellationToken)
    {
        try
        {
            if (granted.MustSave)
                await _save.SaveAsync();
            var stored = await _messages.ReadStoredAsync(granted.Messages, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            if (request.AutoAck && !await TryFinishAsync(granted))
                return Nothing();
            instruments.OnDelivered(stored.Length);
            return new ReceiveResult(ReceiveOutcome.Ok, Deliver(_model!, granted, stored), _model!.Suffix);
        }
        catch
        {
            // With a request id the receiver will ask for the very same messages.
            if (request.RequestId is null)
                GiveBack(granted);
            throw;
        }
    }

    /// <summary>At most once: durably finished before they are delivered.</summary>
    /// <returns>False: the consumer was rewound, and they come again if they are to.</returns>
    private async Task<bool> TryFinishAsync(GrantedLease granted)
    {
        await _reloading;
        if (granted.Generation != _window.Generation)
            return false;
        foreach (var message in granted.Messages)
            _window.Ack(message.Offset, message.Receipt);
        var statuses = new ReceiptStatus[granted.Messages.Length];
        await SaveAcksAsync(statuses);
        _window.Release(Array.ConvertAll(granted.Messages, message => message.Offset));
        instruments.OnFinished(statuses.Length);
        ServeWaiters();
        return true;
    }

    private Task SaveAcksAsync(ReceiptStatus[] statuses)
    {
        foreach (var status in statuses)
            _acksSinceSave += status is ReceiptStatus.Done or ReceiptStatus.DoneLate ? 1 : 0;
        return _save.SaveAsync();
    }

    private static LeasedMessage[] Deliver(ConsumerModel model, GrantedLease granted, ReadOnlyMemory<byte>[] stored)
    {
        var messages = granted.Messages;
        var receipts = new Receipt[messages.Length];
        for (var i = 0; i < receipts.Length; i++)
            receipts[i] = new Receipt(granted.Generation, messages[i].Offset, messages[i].Receipt);
        var texts = model.Receipts.Encode(receipts);

        var delivered = new LeasedMessage[messages.Length];
        for (var i = 0; i < delivered.Length; i++)
            delivered[i] = new LeasedMessage(texts[i], messages[i].Offset, messages[i].Delivery, stored[i]);
        return delivered;
    }

    private ReceiptStatus[] Apply(Receipt?[] receipts, Func<Receipt, ReceiptStatus> apply)
    {
        var statuses = new ReceiptStatus[receipts.Length];
        for (var i = 0; i < receipts.Length; i++)
        {
            statuses[i] = receipts[i] switch
            {
                null => ReceiptStatus.Unknown,
                { } receipt when receipt.Generation != _window.Generation => ReceiptStatus.Stale,
                { } receipt => apply(receipt),
            };
        }

        return statuses;
    }

    private void Release(Receipt?[] receipts, ReceiptStatus[] statuses)
    {
        Span<long> offsets = stackalloc long[receipts.Length];
        var finished = 0;
        for (var i = 0; i < receipts.Length; i++)
        {
            if (statuses[i] is ReceiptStatus.Done or ReceiptStatus.DoneLate)
                offsets[finished++] = receipts[i]!.Value.Offset;
        }

        _window.Release(offsets[..finished]);
        instruments.OnFinished(finished);
    }
}
