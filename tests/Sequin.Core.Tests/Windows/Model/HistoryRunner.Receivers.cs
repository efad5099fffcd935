using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows.Model;

/// <summary>What receivers do.</summary>
internal sealed partial class HistoryRunner
{
    private void Lease(int batchSize, bool isGone, long visibilityMs)
    {
        var into = new LeasedOffset[Math.Min(batchSize, _stream.Count)];
        var leases = into[.._real.Lease(into, NowMs, visibilityMs, out var mustSave)];
        Require(_naive.Lease(leases, into.Length, NowMs, visibilityMs) is { } wrong
            ? $"leased {string.Join(", ", leases)}: {wrong}"
            : _ledger.Judge(_real.Generation, leases, _stream, _startAfter, _worldMs));
        Require(leases.Length == 0 || _real.Counts.Leased <= _options.MaxAckPending, "too many are leased");
        if (leases.Length == 0)
            return;

        var granted = (_real.Generation, leases);
        var endsMs = _worldMs + visibilityMs;
        if (isGone)
        {
            GiveBack(leases);
        }
        else if (mustSave)
        {
            _unanswered.Add(granted);
            WhenSaved(() =>
            {
                // After a durable rewind the receipts are void.
                if (_unanswered.Remove(granted) && _durable?.Token.Generation == granted.Generation)
                    Deliver(granted, endsMs);
            });
        }
        else
        {
            Deliver(granted, endsMs);
        }
    }

    private void Deliver((int Generation, LeasedOffset[] Leases) granted, long endsMs)
    {
        Require(_durable?.Token.Generation == granted.Generation, "a lease is answered of a generation that is not durable");
        Require(_ledger.Deliver(granted.Generation, granted.Leases, _stream, endsMs));
    }

    /// <summary>A receiver hangs up while its leases wait for a save.</summary>
    private void GoAway()
    {
        if (_unanswered.Count == 0)
            return;
        var (generation, leases) = _unanswered[^1];
        _unanswered.RemoveAt(_unanswered.Count - 1);
        if (generation == _real.Generation)
            GiveBack(leases);
    }

    private void GiveBack(LeasedOffset[] leases)
    {
        foreach (var (offset, receipt, _) in leases.Reverse())
            Same(_real.GiveBack(offset, receipt), _naive.GiveBack(offset, receipt));
    }

    private void Ack(int a, int b)
    {
        if (b % 10 == 0)
        {
            // Nobody was ever given such a receipt.
            var (offset, receipt) = (a % (StreamEnd + 3), b % 20 == 0 ? 0 : 1_000);
            // Of a parked message there is no receipt, and it looks finished.
            if (offset > _real.Floor && !(_naive.IsUnfinished(offset) && IsParked(offset)))
                Same(_real.Ack(offset, receipt), _naive.Ack(offset, receipt));
        }
        else if (Choose(a) is { } delivery)
        {
            Ack(delivery);
        }
    }

    private void Ack(Delivery delivery)
    {
        if (delivery.Generation != _real.Generation)
            return;

        var wasLive = CanCountOn(delivery);
        var status = Same(_real.Ack(delivery.Offset, delivery.Receipt), _naive.Ack(delivery.Offset, delivery.Receipt));
        Require(!wasLive || status == ReceiptStatus.Done, $"the ack of a live lease of {delivery.Offset} is {status}");
        if (status is not (ReceiptStatus.Done or ReceiptStatus.DoneLate or ReceiptStatus.AlreadyDone))
            return;

        if (status != ReceiptStatus.AlreadyDone)
        {
            delivery.AckedMs ??= _worldMs;
            _ledger.Finished.Add(delivery.Offset);
        }

        var isFinished = _ledger.Finished.Contains(delivery.Offset) || !IsWanted(delivery);
        Require(isFinished, $"{delivery.Offset} is called finished, and nobody finished it");
        if (_real.Counts.Finishing > 0)
            WhenSaved(() => Finished(delivery));
        else
            Finished(delivery);
    }

    private void Finished(Delivery delivery)
    {
        if (delivery.IsBeforeDeath)
            return;
        if (delivery.Generation == _real.Generation)
            Release([delivery.Offset]);
        _ledger.Acked(delivery.Generation, delivery.Offset);
    }

    private void Release(long[] offsets)
    {
        _real.Release(offsets);
        _naive.Release(offsets);
        _ledger.Released.UnionWith(offsets);
    }

    private void Nack(int a, long delayMs)
    {
        if (Choose(a) is not { } delivery || delivery.Generation != _real.Generation)
            return;
        var wasLive = CanCountOn(delivery);
        var status = Same(
            _real.Nack(delivery.Offset, delivery.Receipt, NowMs, delayMs),
            _naive.Nack(delivery.Offset, delivery.Receipt, NowMs, delayMs));
        Require(!wasLive || status == ReceiptStatus.Done, $"the nack of a live lease of {delivery.Offset} is {status}");
        if (status == ReceiptStatus.Done)
            _ledger.GivenBack(delivery);
    }

    private void Extend(int a, long visibilityMs)
    {
        if (Choose(a) is not { } delivery || delivery.Generation != _real.Generation)
            return;
        var status = Same(
            _real.Extend(delivery.Offset, delivery.Receipt, NowMs, visibilityMs, out var mustSave),
            _naive.Extend(delivery.Offset, delivery.Receipt, NowMs, visibilityMs));
        if (status != ReceiptStatus.Done)
            return;

        // Until it is answered, the receiver counts on the shorter of the two; of several the last one holds.
        var endsMs = _worldMs + visibilityMs;
        var extension = ++delivery.Extensions;
        delivery.EndsMs = Math.Min(delivery.EndsMs, endsMs);
        if (!mustSave)
            delivery.EndsMs = endsMs;
        else
            WhenSaved(() => delivery.EndsMs = delivery.Extensions == extension && delivery.AckedMs is null ? endsMs : delivery.EndsMs);
    }

    private void Pass(long ms, bool isSeen)
    {
        _worldMs += ms;
        if (!isSeen)
            return;
        _real.Expire(NowMs);
        _naive.Expire(NowMs);
    }

    private bool CanCountOn(Delivery delivery) =>
        delivery.AckedMs is null && IsWanted(delivery) && _ledger.IsLive(delivery, _worldMs);

    private bool IsWanted(Delivery delivery) => _stream[(int)delivery.Offset].IsWanted;

    private Delivery? Choose(int a)
    {
        var count = _ledger.Deliveries.Count;
        // Mostly one of the last.
        return count == 0 ? null : _ledger.Deliveries[count - 1 - (a % Math.Min(count, a % 4 == 0 ? int.MaxValue : 5))];
    }

    private ReceiptStatus Same(ReceiptStatus real, ReceiptStatus naive)
    {
        Require(real == naive, $"{real} should be {naive}");
        return real;
    }
}
