namespace Sequin.Core.Windows;

/// <summary>Messages that are out of deliveries, and how they come back.</summary>
public sealed partial class ConsumerWindow
{
    /// <summary>Makes a leased message dead, however many deliveries it has left. Those behind it in its batch stay leased.</summary>
    public ReceiptStatus Kill(long offset, int receipt)
    {
        var status = Find(offset, receipt, out var slot);
        if (status == ReceiptStatus.DoneLate)
            return ReceiptStatus.Stale;
        if (status != ReceiptStatus.Done)
            return status;
        _arena[slot].ReceiptVoid = true;
        Die(slot);
        return status;
    }

    /// <summary>Messages that have become dead since the last call, to be written to the dead letters and then buried or halted.</summary>
    public int TakeDying(Span<LeasedOffset> into)
    {
        var taken = 0;
        while (taken < into.Length && _dying.TryDequeue(out var entry))
        {
            ref var message = ref _arena[entry.Slot];
            if (message.Version == entry.Version)
                into[taken++] = new LeasedOffset(message.Offset, message.Receipt, message.Delivery);
        }

        return taken;
    }

    /// <summary>Whether <see cref="TakeDying"/> has something to give.</summary>
    public bool HasDying
    {
        get
        {
            while (_dying.TryPeek(out var entry))
            {
                if (_arena[entry.Slot].Version == entry.Version)
                    return true;
                _dying.Dequeue();
            }

            return false;
        }
    }

    /// <summary>Puts back dying messages whose dead letters could not be written. Harmless for any other.</summary>
    public void DieAgain(ReadOnlySpan<LeasedOffset> messages)
    {
        foreach (var message in messages)
        {
            if (_arena.TryFind(message.Offset, out var slot) && _arena[slot].State == MessageState.Dying)
                Die(slot);
        }
    }

    /// <summary>
    /// Finishes dead messages whose dead letters are durable. Like acked ones they are released after the next snapshot: else a
    /// crash would bring one back that its group has already gone past. Harmless for any other offset.
    /// </summary>
    public void Bury(ReadOnlySpan<long> offsets)
    {
        foreach (var offset in offsets)
        {
            if (!_arena.TryFind(offset, out var slot) || _arena[slot].State is not (MessageState.Dying or MessageState.Halted))
                continue;
            _arena[slot].IsBuried = true;
            Finish(slot);
        }
    }

    /// <summary>
    /// Keeps a message whose dead letter is durable from everybody, whatever it is doing; its groups wait for it. Not remembered by
    /// a snapshot: after a restart the caller says it again, before anything is leased.
    /// </summary>
    /// <returns>False: the window does not have it.</returns>
    public bool Halt(long offset)
    {
        if (!_arena.TryFind(offset, out var slot) || _arena[slot].State == MessageState.Finishing)
            return false;
        _arena[slot].ReceiptVoid = true;
        SetState(slot, MessageState.Halted);
        return true;
    }

    /// <summary>
    /// Takes a finished message back in, halted, behind those of its group that are in the window; the parked ones are behind it, and a
    /// group that an update took it from has gone on. Once a snapshot is durable its dead letter can go, and then it is revived. Its
    /// lease numbers go on behind <paramref name="receipt"/>, so that receipts of its earlier life are stale.
    /// </summary>
    /// <returns>False: it is not finished.</returns>
    public bool Exhume(long offset, ulong group, int receipt)
    {
        if (offset >= NextOffset || IsRestoring || _arena.TryFind(offset, out _))
            return false;
        // Behind parked messages of its group it would count as one of them after a restart. Only a change of the grouping gets there.
        if (_parked.FirstOf(group) < offset)
            return false;
        var slot = Enter(offset, group, formerGroup: 0);
        _arena[slot].Receipt = receipt;
        return Halt(offset);
    }

    /// <summary>Lets halted messages be delivered again, counted from the first. Harmless for any other offset.</summary>
    public void Revive(ReadOnlySpan<long> offsets)
    {
        foreach (var offset in offsets)
        {
            if (!_arena.TryFind(offset, out var slot) || _arena[slot].State != MessageState.Halted)
                continue;
            _arena[slot].Delivery = 0;
            SetState(slot, MessageState.Waiting);
            MakeReadyIfFree(slot);
        }
    }

    private void Die(int slot)
    {
        SetState(slot, MessageState.Dying);
        _dying.Enqueue((slot, _arena[slot].Version));
    }
}
