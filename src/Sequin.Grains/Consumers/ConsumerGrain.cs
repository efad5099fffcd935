using System.Buffers;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Sequin.Core.Identity;
using Sequin.Core.Receipts;
using Sequin.Core.Windows;
using Sequin.Grains.Streams;

namespace Sequin.Grains.Consumers;

/// <inheritdoc cref="IConsumerGrain"/>
/// <remarks>
/// A shell around <see cref="ConsumerWindow"/>: take a decision there, make it durable, answer.
/// <code>
/// 1 the read-ahead loop asks the stream for what follows and appends it to the window
/// 2 a receive leases from the window, or waits its turn
/// 3 an ack marks, saves, releases; callers who come during a save share the next
/// </code>
/// After a failed save it is unknown what is durable: the activation goes, and the next one reads.
/// </remarks>
[Reentrant]
internal sealed partial class ConsumerGrain(
    [PersistentState(ConsumerGrain.StateName, ConsumerGrain.StorageName)] IPersistentState<ConsumerSnapshot> state,
    ConsumerLoader loader, ConsumerInstruments instruments, TimeProvider time, ILogger<ConsumerGrain> logger) : Grain, IConsumerGrain, IDisposable
{
    public const string StorageName = "consumers";
    private const string StateName = "consumer";

    /// <summary>Offsets that may be leased ahead of a save. Each ack's save renews it, so only a crash shows it.</summary>
    private const int ReserveAhead = 1000;

    /// <summary>Fewer messages ready than this, and the stream is asked for more.</summary>
    private const int ReadyTarget = 2000;

    /// <summary>An activation that has not written for so long must write before it leases: another may have taken its place.</summary>
    private static readonly TimeSpan UnwrittenMax = TimeSpan.FromSeconds(3);

    /// <summary>A read of the stream ends after this long and is asked again; below the response timeout.</summary>
    private static readonly TimeSpan ReadWait = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ReadRetry = TimeSpan.FromSeconds(1);

    private readonly LinkedList<ReceiveWaiter> _waiters = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ArrayBufferWriter<byte> _snapshot = new();
    private readonly LeasedOffset[] _leases = new LeasedOffset[ReceiveRequest.BatchSizeMax];
    private TaskCompletionSource _demand = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;
    private ConsumerModel? _model;
    private ConsumerWindow _window = null!;
    private MessageWindow _messages = null!;
    private JoinedSave _save = null!;
    private IGrainTimer _timer = null!;
    private long _armedForMs = long.MaxValue;
    private long _savedAtMs = long.MinValue / 2;
    private long _leaseNotBeforeMs;
    private bool _broken;
    private bool _closing;

    private long NowMs => (long)time.GetElapsedTime(0).TotalMilliseconds;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _model = await loader.LoadAsync(new ConsumerId(this.GetPrimaryKey()), cancellationToken);
        if (_model is null)
            return;

        var stream = GrainFactory.GetGrain<IStreamGrain>(_model.Record.StreamId.Value);
        _window = new ConsumerWindow(_model.WindowOptions, _model.Record.StartAfter);
        _messages = new MessageWindow(stream, _window, _model.Filter, _model.Record.Config.MessageGrouping);
        _save = new JoinedSave(WriteAsync);
        _timer = this.RegisterGrainTimer(OnDueAsync, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan)
        {
            Interleave = true,
        });
        if (state.RecordExists)
            await RestoreAsync(cancellationToken);
        _reading = ReadAheadAsync(_stop.Token);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        DismissWaiters();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (_model is null || _broken)
            return;
        _closing = true;
        await _save.SaveAsync();
    }

    public void Dispose()
    {
        _stop.Dispose();
        _model?.Receipts.Dispose();
    }

    public async Task<ReceiveResult> ReceiveAsync(ReceiveRequest request, CancellationToken cancellationToken)
    {
        if (_model is not { } model)
            return ReceiveResult.Gone;

        var granted = _waiters.Count == 0 ? TryLease(request) : null;
        if (granted is null && request.Wait > TimeSpan.Zero)
            granted = await WaitAsync(request, cancellationToken);
        if (granted is null)
            return _model is null ? ReceiveResult.Gone : new ReceiveResult(ReceiveOutcome.Ok, [], model.Suffix);

        try
        {
            if (granted.MustSave)
                await _save.SaveAsync();
            var stored = await _messages.ReadStoredAsync(granted.Messages, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            instruments.OnDelivered(stored.Length);
            return new ReceiveResult(ReceiveOutcome.Ok, Deliver(model, granted, stored), model.Suffix);
        }
        catch
        {
            GiveBack(granted);
            throw;
        }
    }

    public async Task<ReceiptResult> AckAsync(string[] receipts, CancellationToken cancellationToken)
    {
        if (_model is not { } model)
            return ReceiptResult.OfNobody;

        var generation = _window.Generation;
        var decoded = model.Receipts.Decode(receipts);
        var statuses = Apply(decoded, receipt => _window.Ack(receipt.Offset, receipt.Number));
        // Somebody else's ack that is on its way to disk is not an answer yet, either.
        if (_window.Counts.Finishing > 0)
            await _save.SaveAsync();
        if (generation == _window.Generation)
            Release(decoded, statuses);
        ServeWaiters();
        return new ReceiptResult(Gone: false, statuses);
    }

    public Task<ReceiptResult> NackAsync(string[] receipts, TimeSpan delay, string? reason, CancellationToken cancellationToken)
    {
        if (_model is not { } model)
            return Task.FromResult(ReceiptResult.OfNobody);

        var statuses = Apply(
            model.Receipts.Decode(receipts),
            receipt => _window.Nack(receipt.Offset, receipt.Number, NowMs, (long)delay.TotalMilliseconds));
        ServeWaiters();
        return Task.FromResult(new ReceiptResult(Gone: false, statuses));
    }

    public Task<ReceiptResult> ExtendAsync(string[] receipts, TimeSpan? visibilityTimeout, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<ConsumerStatus?> GetStatusAsync() => throw new NotSupportedException();

    public Task<MessagePage?> ListAsync(MessagePageRequest request) => throw new NotSupportedException();

    public Task<DeadLetterResult> RedriveAsync(Guid[] deadLetters, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<DeadLetterResult> DiscardAsync(Guid[] deadLetters, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task TakeUpRedrivesAsync() => throw new NotSupportedException();

    public Task ReloadAsync(long revision, CancellationToken cancellationToken) => throw new NotSupportedException();

    public async Task DeleteAsync()
    {
        _model = null;
        await _stop.CancelAsync();
        DismissWaiters();
        await state.ClearStateAsync();
        DeactivateOnIdle();
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
}
