namespace Sequin.Core.Windows;

/// <summary>What receivers do with their leases, and what time does.</summary>
public sealed partial class ConsumerWindow
{
    /// <summary>
    /// Finishes a message, once the caller has made it durable and calls <see cref="Release"/>. While any message is finishing
    /// (<see cref="WindowCounts.Finishing"/>), an <see cref="ReceiptStatus.AlreadyDone"/> too may only be answered after a save.
    /// </summary>
    public ReceiptStatus Ack(long offset, int receipt)
    {
        var status = Find(offset, receipt, out var slot);
        if (status is ReceiptStatus.Done or ReceiptStatus.DoneLate)
            Finish(slot);
        return status;
    }

    /// <summary>Gives a message back, visible again after the delay. Its group waits for it.</summary>
    public ReceiptStatus Nack(long offset, int receipt, long nowMs, long delayMs)
    {
        var status = Find(offset, receipt, out var slot);
        if (status == ReceiptStatus.DoneLate)
            return ReceiptStatus.Stale;
        if (status == ReceiptStatus.Done)
            ComeBack(slot, nowMs, delayMs, receiptVoid: true);
        return status;
    }

    /// <summary>
    /// Gives back a message that never reached its receiver: the delivery does not count. For a whole batch from its last to its
    /// first, because giving one back takes back the later ones of its group.
    /// </summary>
    public ReceiptStatus GiveBack(long offset, int receipt)
    {
        var status = Find(offset, receipt, out var slot);
        if (status == ReceiptStatus.DoneLate)
            return ReceiptStatus.Stale;
        if (status != ReceiptStatus.Done)
            return status;

        ref var message = ref _arena[slot];
        message.Delivery--;
        TakeBackFollowers(slot);
        message.ReceiptVoid = true;
        SetState(slot, MessageState.Waiting);
        MakeReadyIfFree(slot);
        return ReceiptStatus.Done;
    }

    /// <summary>Makes a live lease end at another time, counted from now.</summary>
    /// <param name="offset">The message.</param>
    /// <param name="receipt">Its receipt.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="visibilityTimeoutMs">How long the lease lasts from now.</param>
    /// <param name="mustSave">A snapshot must be durable before the answer: the lease is longer than any known.</param>
    public ReceiptStatus Extend(long offset, int receipt, long nowMs, long visibilityTimeoutMs, out bool mustSave)
    {
        mustSave = false;
        var status = Find(offset, receipt, out var slot);
        if (status == ReceiptStatus.DoneLate)
            return ReceiptStatus.Stale;
        if (status != ReceiptStatus.Done)
            return status;

        ref var message = ref _arena[slot];
        message.DueMs = nowMs + visibilityTimeoutMs;
        SetState(slot, MessageState.Leased);
        _timers.Add(slot, message.DueMs);
        _longestMs = Math.Max(_longestMs, visibilityTimeoutMs);
        mustSave = visibilityTimeoutMs > _durableLongestMs;
        return ReceiptStatus.Done;
    }

    /// <summary>Ends the leases and delays that are due.</summary>
    public void Expire(long nowMs)
    {
        while (_timers.TryTakeDue(nowMs, out var slot))
        {
            if (_arena[slot].State == MessageState.Leased)
            {
                // The receipt stays good for a late ack until somebody else leases the message.
                ComeBack(slot, nowMs, delayMs: 0, receiptVoid: false);
            }
            else
            {
                SetState(slot, MessageState.Waiting);
                MakeReadyIfFree(slot);
            }
        }
    }

    /// <summary>Frees finished messages, after the snapshot that finishes them is durable. Harmless for any other offset.</summary>
    public void Release(ReadOnlySpan<long> offsets)
    {
        foreach (var offset in offsets)
        {
            if (!_arena.TryFind(offset, out var slot) || _arena[slot].State != MessageState.Finishing)
                continue;
            if (!_arena[slot].IsBuried)
                _recent.Add(offset);
            Free(slot);
        }
    }

    /// <summary><see cref="ReceiptStatus.Done"/>: the lease is live; <see cref="ReceiptStatus.DoneLate"/>: it is over, nobody has it.</summary>
    private ReceiptStatus Find(long offset, int receipt, out int slot)
    {
        if (!_arena.TryFind(offset, out slot))
            return offset < NextOffset && receipt > 0 ? ReceiptStatus.AlreadyDone : ReceiptStatus.Unknown;

        ref var message = ref _arena[slot];
        if (message.State == MessageState.Finishing)
            return ReceiptStatus.AlreadyDone;
        if (receipt > message.Receipt || receipt < 1)
            return ReceiptStatus.Unknown;
        if (receipt != message.Receipt || message.ReceiptVoid || message.State is MessageState.Dying or MessageState.Halted)
            return ReceiptStatus.Stale;
        return message.State == MessageState.Leased ? ReceiptStatus.Done : ReceiptStatus.DoneLate;
    }

    private void ComeBack(int slot, long nowMs, long delayMs, bool receiptVoid)
    {
        TakeBackFollowers(slot);
        ref var message = ref _arena[slot];
        message.ReceiptVoid |= receiptVoid;
        if (message.Delivery >= _options.MaxDeliveries)
        {
            Die(slot);
        }
        else if (delayMs > 0)
        {
            message.DueMs = nowMs + delayMs;
            SetState(slot, MessageState.Delayed);
            _timers.Add(slot, message.DueMs);
        }
        else
        {
            SetState(slot, MessageState.Waiting);
            MakeReadyIfFree(slot);
        }
    }

    // Not only a lease touches: a message restored in the reservation can be finished without another.
    private void Finish(int slot)
    {
        _touched = Math.Max(_touched, _arena[slot].Offset);
        SetState(slot, MessageState.Finishing);
    }

    /// <summary>
    /// The later messages of the same group and batch go back behind this one: their order would be lost. One that has expired
    /// is back already; its receipt becomes void. Their deliveries count, but no message dies of being taken back.
    /// </summary>
    private void TakeBackFollowers(int slot)
    {
        var batch = _arena[slot].Batch;
        if (_arena[slot].Group == 0)
            return;

        var link = _groups.Next(GroupChains.LinkOf(slot, former: false));
        while (link != GroupChains.None)
        {
            var follower = GroupChains.SlotOf(link);
            ref var message = ref _arena[follower];
            if (message.Batch != batch || message.Receipt == 0)
                return;

            link = _groups.Next(link);
            if (message.State is not (MessageState.Leased or MessageState.Waiting))
                continue;
            message.ReceiptVoid = true;
            SetState(follower, MessageState.Waiting);
        }
    }
}
