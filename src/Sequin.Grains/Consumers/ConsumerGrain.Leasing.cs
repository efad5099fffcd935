using Sequin.Core.Receipts;
using Sequin.Core.Windows;

namespace Sequin.Grains.Consumers;

/// <summary>Who gets what, and when: leases, waiters, time.</summary>
internal sealed partial class ConsumerGrain
{
    private GrantedLease? TryLease(ReceiveRequest request)
    {
        var nowMs = NowMs;
        if (nowMs < _leaseNotBeforeMs)
        {
            Arm();
            return null;
        }

        _window.Expire(nowMs);
        var visibilityMs = (long)(request.VisibilityTimeout?.TotalMilliseconds ?? _model!.Record.Config.VisibilityTimeoutMs);
        var leased = _window.Lease(_leases.AsSpan(0, request.BatchSize), nowMs, visibilityMs, out var mustSave);
        CallForMore();
        Arm();
        if (leased == 0)
            return null;
        mustSave |= nowMs - _savedAtMs > UnwrittenMax.TotalMilliseconds;
        return new GrantedLease(_leases[..leased], _window.Generation, mustSave);
    }

    private async Task<GrantedLease?> WaitAsync(ReceiveRequest request, CancellationToken cancellationToken)
    {
        var waiter = new ReceiveWaiter(request);
        var place = _waiters.AddLast(waiter);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(waiter.Granted, Task.Delay(request.Wait, time, stop.Token));
        await stop.CancelAsync();
        // Too late for a grant from here on; one that came in the same moment is the waiter's.
        waiter.Leave();
        if (place.List is not null)
            _waiters.Remove(place);

        var granted = await waiter.Granted;
        if (granted is not null && cancellationToken.IsCancellationRequested)
        {
            GiveBack(granted);
            granted = null;
        }

        cancellationToken.ThrowIfCancellationRequested();
        return granted;
    }

    /// <summary>One message wakes one waiter: each is served only while there is something for it.</summary>
    private void ServeWaiters()
    {
        CallForMore();
        while (_waiters.First is { } first && _model is not null && TryLease(first.Value.Request) is { } granted)
        {
            _waiters.RemoveFirst();
            if (!first.Value.Grant(granted))
                GiveBack(granted, serve: false);
        }

        Arm();
    }

    private void DismissWaiters()
    {
        foreach (var waiter in _waiters)
            waiter.Leave();
        _waiters.Clear();
    }

    // From the last to the first: giving one back takes back the later ones of its group.
    private void GiveBack(GrantedLease granted, bool serve = true)
    {
        if (granted.Generation != _window.Generation)
            return;
        for (var i = granted.Messages.Length - 1; i >= 0; i--)
            _window.GiveBack(granted.Messages[i].Offset, granted.Messages[i].Receipt);
        if (serve)
            ServeWaiters();
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

    private Task OnDueAsync(CancellationToken cancellationToken)
    {
        _armedForMs = long.MaxValue;
        _window.Expire(NowMs);
        ServeWaiters();
        return Task.CompletedTask;
    }

    /// <summary>Sets the timer for what is due next, if that is sooner than what it is set for.</summary>
    private void Arm()
    {
        var nowMs = NowMs;
        var dueMs = _window.NextDueMs ?? long.MaxValue;
        if (_leaseNotBeforeMs > nowMs)
            dueMs = Math.Min(dueMs, _leaseNotBeforeMs);
        if (dueMs >= _armedForMs)
            return;
        _armedForMs = dueMs;
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, dueMs - nowMs)), Timeout.InfiniteTimeSpan);
    }
}
