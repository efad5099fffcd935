using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Sequin.Core.Identity;
using Sequin.Core.Windows;

namespace Sequin.Grains.Consumers;

/// <inheritdoc cref="IConsumerGrain"/>
/// <remarks>
/// A shell around <see cref="ConsumerWindow"/>: take a decision there, make it durable, answer.
/// <code>
/// 1 the read-ahead loop asks the stream for what follows and appends it to the window
/// 2 a receive leases from the window, or waits its turn
/// 3 an ack marks, saves, releases; callers who come during a save share the next
/// 4 what is out of deliveries becomes a dead letter, then goes on like an ack
/// 5 with a webhook, nobody receives: batches are leased, sent and acked from here
/// </code>
/// After a failed save it is unknown what is durable: the activation goes, and the next one reads. Other settings mean another
/// window: the old one writes down exactly what it holds, and the new one restores it.
/// </remarks>
[Reentrant]
internal sealed partial class ConsumerGrain(
    [PersistentState(ConsumerGrain.StateName, ConsumerGrain.StorageName)] IPersistentState<ConsumerSnapshot> state,
    ConsumerLoader loader, ConsumerDeadLetters dead, ConsumerInstruments instruments, TimeProvider time, ILogger<ConsumerGrain> logger)
    : Grain, IConsumerGrain, IDisposable
{
    public const string StorageName = "consumers";
    private const string StateName = "consumer";

    // What changes the window as a whole, or waits between two changes of it: one at a time.
    private readonly SemaphoreSlim _alone = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private Task _reloading = Task.CompletedTask;
    private ConsumerModel? _model;
    private ConsumerWindow _window = null!;
    private MessageWindow _messages = null!;
    private JoinedSave _save = null!;
    private IGrainTimer _timer = null!;
    private bool _broken;

    private ConsumerId Id => new(this.GetPrimaryKey());
    private long NowMs => (long)time.GetElapsedTime(0).TotalMilliseconds;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var model = await loader.LoadAsync(Id, cancellationToken);
        if (model is null)
            return;

        _save = new JoinedSave(WriteAsync);
        _timer = this.RegisterGrainTimer(OnDueAsync, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan)
        {
            Interleave = true,
        });
        var groups = state.RecordExists ? MessageGroups.Parse(state.State.Groups) : model.Groups;
        await StartAsync(model with { Groups = groups }, state.RecordExists ? state.State : null, cancellationToken);
        if (groups.Signature != model.Groups.Signature)
            await RegroupAsync(model, cancellationToken);
        _redriving = RunRedrivesAsync(_stop.Token);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        DismissWaiters();
        await StopPushingAsync(cancellationToken);
        await StopReadingAsync();
        await _burying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await _redriving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (_model is null || _broken)
            return;
        _exact = Exactness.Compact;
        await _save.SaveAsync();
    }

    public void Dispose()
    {
        _stop.Dispose();
        _pushStop.Dispose();
        _alone.Dispose();
        _readingStop.Dispose();
        _model?.Receipts.Dispose();
    }

    public async Task ReloadAsync(long revision, CancellationToken cancellationToken)
    {
        await _alone.WaitAsync(cancellationToken);
        try
        {
            if (_model is null || _model.Record.Revision >= revision)
                return;
            var model = await loader.LoadAsync(Id, cancellationToken);
            if (model is null)
                return;
            _reloading = RegroupAsync(model, cancellationToken);
            await _reloading;
        }
        finally
        {
            _alone.Release();
        }
    }

    public async Task DeleteAsync()
    {
        _model = null;
        await _stop.CancelAsync();
        await _pushStop.CancelAsync();
        DismissWaiters();
        await state.ClearStateAsync();
        DeactivateOnIdle();
    }

    /// <summary>Makes the window of a model, with what the snapshot holds, and begins to read.</summary>
    private async Task StartAsync(ConsumerModel model, ConsumerSnapshot? snapshot, CancellationToken cancellationToken)
    {
        var window = new ConsumerWindow(model.WindowOptions, model.Record.StartAfter);
        _sinceMicros = snapshot?.SinceMicros ?? model.Config.StartMicros;
        var messages = MessagesOf(model, window);
        long[] buried = [];
        if (snapshot is not null)
        {
            await RestoreAsync(window, messages, snapshot, cancellationToken);
            buried = await KeepDeadAsync(window, cancellationToken);
        }

        (_model, _window, _messages) = (model, window, messages);
        if (buried.Length > 0)
        {
            await _save.SaveAsync();
            _window.Release(buried);
        }

        StartReading();
        ServeWaiters();
        BuryDead();
    }

    /// <summary>
    /// From the window of one model to that of another. From its snapshot on the old window must not change, because the new one
    /// would not know: nothing is leased then, and receipts wait for <see cref="_reloading"/>.
    /// </summary>
    private async Task RegroupAsync(ConsumerModel model, CancellationToken cancellationToken)
    {
        try
        {
            await StopReadingAsync();
            _exact = Exactness.Named;
            await _save.SaveAsync();
            var snapshot = _exactSnapshot!;
            await StartAsync(model, snapshot, cancellationToken);
        }
        catch
        {
            // The next activation does it.
            _broken = true;
            DeactivateOnIdle();
            throw;
        }
        finally
        {
            _exact = Exactness.No;
        }

        if (_model is { Config.Status: Postgres.Log.Catalog.ConsumerActivity.Disabled } or { Webhook: not null })
            DismissWaiters();
        ServeWaiters();
    }
}
