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

    /// <summary>The longest lease that may be running.</summary>
    private long _longestMs;

    /// <summary>Leases up to this long are covered by every snapshot that is durable or may become so.</summary>
    private long _durableLongestMs;

    /// <summary>Counts snapshots, and the last one that wrote down a lower <see cref="_longestMs"/> than the one before.</summary>
    private int _snapshots;
    private int _durableSnapshot;
    private int _lowered;
    private RestoredMessages? _restored;
    private long _restoredAtMs;

    /// <summary>
    /// Messages of before the restart are still missing: the caller reads on from <see cref="NextOffset"/> before it takes receipts,
    /// until this is false or the stream has no more (<see cref="EndRestore"/>).
    /// </summary>
    public bool IsRestoring => _restored is { } restored && NextOffset <= restored.LastOffset;

    /// <summary>The stream ends before the restored window does: what comes from now on is new.</summary>
    public void EndRestore()
    {
        // Not where the appended ones end: what follows up to here is finished.
        _next = NextOffset;
        _restored = null;
    }

    /// <summary>
    /// Whether a message that is about to be appended again is leased or delayed, by an exact snapshot: then it stays, even when the
    /// consumer has come not to want it.
    /// </summary>
    public bool MustKeep(long offset) =>
        _restored is { IsExact: true } restored && restored.Names(offset) && restored.Detail(offset).LeftMs is not null;

    /// <summary>Writes the state that the next <see cref="MarkDurable"/> makes count.</summary>
    /// <param name="output">Takes the bytes.</param>
    /// <param name="reserveAhead">How many offsets behind the highest leased one may be leased without another snapshot.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="exact">The last snapshot of a clean stop: nothing will be leased after it, so the leases are written down.</param>
    /// <param name="namesParked">
    /// Every parked message by its offset: the groups will be others when it is restored. Takes one or two bytes a message.
    /// </param>
    public SnapshotToken Snapshot(
        IBufferWriter<byte> output, int reserveAhead, long nowMs, bool exact = false, bool namesParked = false)
    {
        // What was not appended again has no lease to write down.
        exact &= !IsRestoring;
        // A message restored in the reservation is leased without having been touched: an exact snapshot holds all.
        _touched = (exact ? NextOffset : FirstUntouched()) - 1;
        _reserved = exact ? _touched : Math.Max(_reserved, _touched + reserveAhead);
        _snapshots++;
        LowerLongest();

        var longestMs = Math.Max(_longestMs, _options.VisibilityTimeoutMs);
        var writer = new SnapshotWriter(output);
        writer.Begin(exact, Generation, _touched, _reserved, longestMs);
        WriteMessages(ref writer, exact ? nowMs : null, namesParked ? _parked.List(after: 0, _parked.Count) : []);
        WriteNotYetRestored(ref writer);
        writer.EndMessages();
        if (!namesParked)
            WriteParked(ref writer);
        writer.End();
        return new SnapshotToken(Generation, _snapshots, _touched, _reserved, longestMs);
    }

    /// <summary>The snapshot of this token is durable. For each that was saved, in order.</summary>
    public void MarkDurable(SnapshotToken token)
    {
        if (token.Generation != Generation)
            return;
        _durableReserved = token.Reserved;
        _durableSnapshot = token.Number;
        if (token.Number >= _lowered)
            _durableLongestMs = token.LongestMs;
    }

    /// <summary>
    /// Takes the state of a snapshot. The messages themselves come with <see cref="Append"/>, from <see cref="NextOffset"/> on.
    /// After a crash each that may have been leased is treated as leased for one lease time, and its last receipt is good; the
    /// delay of a nack is forgotten with it. After a clean stop leases and delays go on where they were.
    /// </summary>
    public void Restore(ReadOnlySpan<byte> snapshot, long nowMs)
    {
        var restored = new RestoredMessages(snapshot);
        Generation = restored.Generation;
        _touched = restored.Touched;
        _reserved = restored.Reserved;
        _longestMs = restored.LongestMs;
        _durableReserved = restored.Reserved;
        // The state of a clean stop says that nothing else is leased: it covers no lease to come, however short.
        _durableLongestMs = restored.IsExact ? 0 : restored.LongestMs;
        _next = restored.NextWanted(0);
        _restored = restored;
        _restoredAtMs = nowMs;
    }

    private bool TryRestoreHold(int slot)
    {
        if (_restored is not { } restored)
            return false;
        ref var message = ref _arena[slot];
        if (message.Offset > restored.LastOffset)
        {
            _restored = null;
            return false;
        }

        var detail = restored.Detail(message.Offset);
        message.Delivery = detail.Delivery;
        message.ReceiptVoid = detail.ReceiptVoid;
        // After a crash the first lease of a message may be out without being written down.
        message.Receipt = restored.IsExact ? detail.Receipt : Math.Max(1, detail.Receipt);
        if (detail.Dying)
        {
            Die(slot);
            return true;
        }

        if ((restored.IsExact ? detail.LeftMs : restored.LongestMs) is not { } leftMs)
            return false;

        message.DueMs = _restoredAtMs + leftMs;
        SetState(slot, detail.Delayed ? MessageState.Delayed : MessageState.Leased);
        _timers.Add(slot, message.DueMs);
        return true;
    }

    // Once no lease runs, a long one of before need not be waited for after a crash. From here on, because this snapshot may become
    // durable at any time, a lease as long as that needs another.
    private void LowerLongest()
    {
        if (_longestMs <= _options.VisibilityTimeoutMs || CountOf(MessageState.Leased) > 0 || IsRestoring)
            return;
        _longestMs = 0;
        _lowered = _snapshots;
        _durableLongestMs = Math.Min(_durableLongestMs, _options.VisibilityTimeoutMs);
    }

    private long FirstUntouched()
    {
        foreach (var slot in _arena.InOrder())
        {
            if (_arena[slot].Offset > _touched)
                return _arena[slot].Offset;
        }

        return Math.Max(NextOffset, _touched + 1);
    }

    private void WriteMessages(ref SnapshotWriter writer, long? exactAtMs, List<long> parked)
    {
        var parkedNext = 0;
        foreach (var slot in _arena.InOrder())
        {
            ref readonly var message = ref _arena[slot];
            if (message.Offset > _touched)
                break;
            for (; parkedNext < parked.Count && parked[parkedNext] < message.Offset; parkedNext++)
                writer.Add(parked[parkedNext], default);
            if (message.State != MessageState.Finishing)
                writer.Add(message.Offset, exactAtMs is { } nowMs ? SnapshotDetail.ExactOf(message, nowMs) : SnapshotDetail.Of(message));
        }

        for (; parkedNext < parked.Count && parked[parkedNext] <= _touched; parkedNext++)
            writer.Add(parked[parkedNext], default);
    }

    // A snapshot in the middle of a restore must not lose what was not appended again yet.
    private void WriteNotYetRestored(ref SnapshotWriter writer)
    {
        if (_restored is not { } restored)
            return;
        for (var offset = restored.NextNamed(_next); offset <= restored.Touched; offset = restored.NextNamed(offset + 1))
            writer.Add(offset, restored.Detail(offset) with { Hold = 0 });
    }

    private void WriteParked(ref SnapshotWriter writer)
    {
        foreach (var (group, first) in _parked.Firsts)
        {
            if (first <= _touched)
                writer.AddParked(group, first);
        }

        if (_restored is not { } restored)
            return;
        foreach (var (group, first) in restored.Parked)
        {
            if (IsRestoring && !_parked.Contains(group))
                writer.AddParked(group, Math.Max(first, _next));
        }
    }
}

/// <summary>Which snapshot a save made durable.</summary>
public readonly record struct SnapshotToken(int Generation, int Number, long Touched, long Reserved, long LongestMs);
