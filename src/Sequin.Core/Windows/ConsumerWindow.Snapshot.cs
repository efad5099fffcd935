using System.Buffers;

namespace Sequin.Core.Windows;

/// <summary>What of a window must survive, and how it comes back.</summary>
public sealed partial class ConsumerWindow
{
    /// <summary>Highest offset ever leased or passed: everything beyond is untouched.</summary>
    private long _touched;

    /// <summary>Offsets up to here may be leased without a snapshot first.</summary>
    private long _reserved;
    private long _durableReserved;

    /// <summary>Counts leases, so that each knows whether a snapshot came after it.</summary>
    private long _stamp;
    private long _durableStamp;

    /// <summary>The longest lease that may be running.</summary>
    private long _longestMs;
    private long _durableLongestMs;
    private RestoredMessages? _restored;

    /// <summary>
    /// Messages of before the restart are still missing: the caller reads on from <see cref="NextOffset"/> before it takes receipts,
    /// until this is false or the stream has no more (<see cref="EndRestore"/>).
    /// </summary>
    public bool IsRestoring => _restored is { } restored && NextOffset <= restored.LastOffset;

    /// <summary>The stream ends before the restored window does: what comes from now on is new.</summary>
    public void EndRestore() => _restored = null;

    /// <summary>Writes the state that the next <see cref="MarkDurable"/> makes count.</summary>
    /// <param name="output">Takes the bytes.</param>
    /// <param name="reserveAhead">How many offsets behind the highest leased one may be leased without another snapshot.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="exact">The last snapshot of a clean stop: nothing will be leased after it, so the leases are written down.</param>
    public SnapshotToken Snapshot(IBufferWriter<byte> output, int reserveAhead, long nowMs, bool exact = false)
    {
        // What was not appended again has no lease to write down.
        exact &= !IsRestoring;
        _touched = FirstUntouched() - 1;
        _reserved = exact ? _touched : Math.Max(_reserved, _touched + reserveAhead);
        if (CountOf(MessageState.Leased) == 0)
            _longestMs = 0;

        var writer = new SnapshotWriter(output);
        writer.Begin(exact, Generation, _touched, _reserved, _longestMs);
        for (var slot = _arena.First; slot != MessageArena.None; slot = _arena[slot].Next)
        {
            ref readonly var message = ref _arena[slot];
            if (message.Offset > _touched)
                break;
            if (message.State == MessageState.Acking)
                continue;
            var leaseMs = exact && message.State == MessageState.Leased ? Math.Max(0, message.DueMs - nowMs) + 1 : 0;
            writer.Add(message.Offset, message.Receipt, message.Delivery, leaseMs);
        }

        WriteNotYetRestored(ref writer);
        writer.End();
        return new SnapshotToken(_stamp, _reserved, Math.Max(_longestMs, _options.VisibilityTimeoutMs));
    }

    /// <summary>The snapshot of this token is durable.</summary>
    public void MarkDurable(SnapshotToken token)
    {
        _durableStamp = token.Stamp;
        _durableReserved = token.Reserved;
        _durableLongestMs = token.LongestMs;
    }

    /// <summary>
    /// Takes the state of a snapshot. The messages themselves come with <see cref="Append"/>, from <see cref="NextOffset"/> on.
    /// After a crash each that may have been leased is treated as leased for one lease time, and its old receipt is good.
    /// </summary>
    public void Restore(ReadOnlySpan<byte> snapshot, long nowMs)
    {
        var restored = new RestoredMessages(snapshot, nowMs, _options.VisibilityTimeoutMs);
        Generation = restored.Generation;
        _touched = restored.Touched;
        _reserved = restored.Reserved;
        _durableReserved = restored.Reserved;
        _longestMs = restored.LongestMs;
        _durableLongestMs = Math.Max(restored.LongestMs, _options.VisibilityTimeoutMs);
        _next = restored.NextWanted(0);
        _restored = restored;
    }

    private bool TryRestoreLease(int slot, long nowMs)
    {
        if (_restored is not { } restored)
            return false;
        ref var message = ref _arena[slot];
        if (message.Offset > restored.LastOffset)
        {
            _restored = null;
            return false;
        }

        var (receipt, delivery, leaseEndMs) = restored.Details(message.Offset);
        message.Receipt = receipt;
        message.Delivery = delivery;
        if (leaseEndMs <= nowMs)
            return false;

        message.Restored = !restored.IsExact;
        if (message.Restored)
        {
            // One lease more than was written down may have been given out, and the durable state does not know of it.
            message.Receipt++;
            message.LeaseStamp = ++_stamp;
        }

        message.DueMs = leaseEndMs;
        SetState(slot, MessageState.Leased);
        _timers.Add(slot, leaseEndMs);
        return true;
    }

    private long FirstUntouched()
    {
        for (var slot = _arena.First; slot != MessageArena.None; slot = _arena[slot].Next)
        {
            if (_arena[slot].Offset > _touched)
                return _arena[slot].Offset;
        }

        return Math.Max(NextOffset, _touched + 1);
    }

    // A snapshot in the middle of a restore must not lose what was not appended again yet.
    private void WriteNotYetRestored(ref SnapshotWriter writer)
    {
        if (_restored is not { } restored)
            return;
        for (var offset = restored.NextWanted(_next); offset <= restored.Touched; offset = restored.NextWanted(offset + 1))
        {
            var (receipt, delivery, _) = restored.Details(offset);
            writer.Add(offset, receipt, delivery, leaseMs: 0);
        }
    }
}

/// <summary>Which snapshot a save made durable.</summary>
public readonly record struct SnapshotToken(long Stamp, long Reserved, long LongestMs);
