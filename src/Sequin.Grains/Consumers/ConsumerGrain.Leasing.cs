using Sequin.Core.Windows;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Consumers;

/// <summary>Who gets what, and when: leases, waiters, time.</summary>
internal sealed partial class ConsumerGrain
{
    /// <summary>An activation that has not written for so long must write before it leases: another may have taken its place.</summary>
    private static readonly TimeSpan UnwrittenMax = TimeSpan.FromSeconds(3);

    private readonly LinkedList<ReceiveWaiter> _waiters = new();
    private readonly LeasedOffset[] _leases = new LeasedOffset[ReceiveRequest.BatchSizeMax];
    private long _armedForMs = long.MaxValue;
    private long _leaseNotBeforeMs;

    private bool IsSilent => NowMs - _savedAtMs > UnwrittenMax.TotalMilliseconds;

    private GrantedLease? TryLease(ReceiveRequest request)
    {
        var nowMs = NowMs;
        if (_exact != Exactness.No || _model?.Config.Status != ConsumerActivity.Active)
            return null;
        if (nowMs < _leaseNotBeforeMs)
        {
            Arm();
            return null;
        }

        Expire(nowMs);
        _batchSize = Math.Max(request.BatchSize, _batchSize * 7 / 8);
        var visibilityMs = (long)(request.VisibilityTimeout?.TotalMilliseconds ?? _model.Config.VisibilityTimeoutMs);
        var leased = _window.Lease(_leases.AsSpan(0, request.BatchSize), nowMs, visibilityMs, out var mustSave);
        CallForMore();
        Arm();
        if (leased == 0)
            return null;

        // A remembered batch must be durable, or a crash would forget it while its leases run.
        var granted = new GrantedLease(
            _leases[..leased], _window.Generation, mustSave || IsSilent || request.RequestId is not null);
        if (request.RequestId is { } requestId)
            _receives.Add(requestId, granted, _window);
        return granted;
    }

    private GrantedLease? Again(ReceiveRequest request)
    {
        if (request.RequestId is not { } requestId)
            return null;
        // Its receiver has given up on that connection, or it would not ask again.
        foreach (var waiter in _waiters)
        {
            if (waiter.Request.RequestId == requestId)
                waiter.Leave();
        }

        Expire(NowMs);
        return _receives.Find(requestId, _window);
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
        if (granted is not null && cancellationToken.IsCancellationRequested && request.RequestId is null)
            GiveBack(granted);
        cancellationToken.ThrowIfCancellationRequested();
        return granted;
    }

    /// <summary>One message wakes one waiter: each is served only while there is something for it.</summary>
    private void ServeWaiters()
    {
        CallForMore();
        while (_waiters.First is { } first && TryLease(first.Value.Request) is { } granted)
        {
            _waiters.RemoveFirst();
            if (!first.Value.Grant(granted))
                GiveBack(granted, serve: false);
        }

        Push();
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

    private Task OnDueAsync(CancellationToken cancellationToken)
    {
        _armedForMs = long.MaxValue;
        ServeWaiters();
        Expire(NowMs);
        Arm();
        return Task.CompletedTask;
    }

    private void Expire(long nowMs)
    {
        if (_exact != Exactness.No)
            return;
        _window.Expire(nowMs);
        BuryDead();
    }

    /// <summary>Sets the timer for what is due next, if that is sooner than what it is set for.</summary>
    private void Arm()
    {
        var nowMs = NowMs;
        var dueMs = _window.NextDueMs ?? long.MaxValue;
        if (_leaseNotBeforeMs > nowMs)
            dueMs = Math.Min(dueMs, _leaseNotBeforeMs);
        dueMs = Math.Min(dueMs, PushDueMs);
        if (dueMs >= _armedForMs)
            return;
        _armedForMs = dueMs;
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, dueMs - nowMs)), Timeout.InfiniteTimeSpan);
    }
}
