using Sequin.Core.Receipts;

namespace Sequin.Core.Windows;

/// <summary>
/// What one consumer has seen of its stream and not finished: who may have which message, and in which order. Pure: no I/O, no
/// clock (<c>nowMs</c> is the caller's monotonic millisecond count), not thread safe. A finished message costs no memory.
/// The life of a message, and what the caller must do:
/// <code>
/// 1 Append    in offset order; AdvanceTo passes what the consumer does not want
/// 2 Lease     the head of a group that nobody holds, then its followers in the same batch
///             when it says so, the caller makes a snapshot durable before it answers
/// 3 Ack       the message is finishing, its group still held
///             the caller makes a snapshot durable, then answers, then
/// 4 Release   frees the message and lets its group go on
///   Nack, Expire, GiveBack     it is visible again, and so are the later ones of its group and batch
///   TakeDying                  out of deliveries: the caller makes its dead letter durable, then
///   Bury                       the message is finishing like an acked one: snapshot, then Release; or
///   Halt                       it stays, and its groups wait until it is buried or revived
/// </code>
/// A group that is far ahead of what is delivered does not fill the window: its later messages are parked as offsets alone.
/// The first lease of a message is not written down. Instead a snapshot reserves offsets ahead: after a crash every unfinished
/// offset up to the reservation counts as leased for one lease time (<see cref="Restore"/>). So a lease needs a snapshot first only
/// when its offset is beyond the reservation, or the message was leased before (the durable state must know which receipt is the
/// live one), or the lease is longer than any known. A clean stop writes leases and delays as they are.
/// </summary>
public sealed partial class ConsumerWindow
{
    private readonly WindowOptions _options;
    private readonly MessageArena _arena = new();
    private readonly GroupChains _groups = new();
    private readonly ParkedGroups _parked = new();
    private readonly DueTimers _timers;
    private readonly Queue<(int Slot, int Version)> _ready = new();
    private readonly Queue<(int Slot, int Version)> _dying = new();
    private readonly int[] _counts = new int[Enum.GetValues<MessageState>().Length];
    private long _next;
    private int _batch;

    /// <param name="options">Limits.</param>
    /// <param name="startAfter">The first message is the one behind this offset.</param>
    public ConsumerWindow(WindowOptions options, long startAfter)
    {
        _options = options;
        _timers = new DueTimers(_arena);
        _next = startAfter + 1;
        _touched = startAfter;
    }

    /// <summary>Rises with every rewind; receipts of another generation are stale.</summary>
    public int Generation { get; private set; } = 1;

    /// <summary>The next offset to append. While a window is being restored it jumps over what is finished.</summary>
    public long NextOffset => _restored?.NextWanted(_next) ?? _next;

    /// <summary>Whether there is room for more messages.</summary>
    public bool HasRoom => (_arena.Count < _options.Capacity && _parked.Bytes < _options.ParkedBytesMax) || IsRestoring;

    /// <summary>Every offset up to this one is finished.</summary>
    public long Floor => Math.Min(NextOffset, Math.Min(_arena.FirstOffset ?? long.MaxValue, _parked.Lowest() ?? long.MaxValue)) - 1;

    public WindowCounts Counts => new(
        CountOf(MessageState.Leased), CountOf(MessageState.Ready), CountOf(MessageState.Delayed),
        CountOf(MessageState.Finishing) + CountOf(MessageState.Dying), CountOf(MessageState.Halted), _arena.Count + _parked.Count);

    /// <summary>When <see cref="Expire"/> has something to do; null: nothing is leased or delayed.</summary>
    public long? NextDueMs => _timers.NextMs;

    /// <summary>Takes a message that the consumer wants. Offsets rise; those that were finished before a restart are passed over.</summary>
    /// <param name="offset">Its offset.</param>
    /// <param name="group">Its group; 0: none, it waits for nothing and holds up nothing.</param>
    /// <param name="formerGroup">The group that an update took its row from; 0: none.</param>
    public void Append(long offset, ulong group, ulong formerGroup)
    {
        formerGroup = formerGroup == group ? 0 : formerGroup;
        if (offset < _next || (_restored is { } restored && !restored.Wants(offset, group, formerGroup)))
            return;

        _next = offset + 1;
        if (MustPark(offset, group, formerGroup))
        {
            _parked.Park(new ParkedMessage(offset, group, formerGroup));
            return;
        }

        var slot = Enter(offset, group, formerGroup);
        if (WasParked(offset))
            _arena[slot].UnparkedIn = _snapshots + 1;
        else if (TryRestoreHold(slot))
            return;
        MakeReadyIfFree(slot);
    }

    /// <summary>Passes all offsets up to this one: the consumer does not want what was not appended.</summary>
    public void AdvanceTo(long offset) => _next = Math.Max(_next, offset + 1);

    /// <summary>Leases messages: first one of every group whose turn it is, then the followers of those, in order.</summary>
    /// <param name="into">Takes the leases; its length is the batch size.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="visibilityTimeoutMs">How long the leases last.</param>
    /// <param name="mustSave">A snapshot must be durable before the leases are given out.</param>
    /// <returns>How many were leased.</returns>
    public int Lease(Span<LeasedOffset> into, long nowMs, long visibilityTimeoutMs, out bool mustSave)
    {
        mustSave = false;
        var room = Math.Min(into.Length, _options.MaxAckPending - CountOf(MessageState.Leased));
        if (room <= 0)
            return 0;

        _batch++;
        var leased = 0;
        while (leased < room && TryTakeReady(out var slot))
            into[leased++] = LeaseOne(slot, nowMs, visibilityTimeoutMs, ref mustSave);

        var heads = leased;
        for (var i = 0; i < heads && leased < room; i++)
        {
            _arena.TryFind(into[i].Offset, out var slot);
            while (leased < room && TryFollower(slot, out slot))
                into[leased++] = LeaseOne(slot, nowMs, visibilityTimeoutMs, ref mustSave);
        }

        if (leased > 0 && visibilityTimeoutMs > _durableLongestMs)
            mustSave = true;
        return leased;
    }

    /// <summary>Starts over at another place: every lease and receipt of before is void, once a snapshot is durable.</summary>
    public void Rewind(long startAfter)
    {
        _parked.Clear();
        while (_arena.FirstOffset is { } offset && _arena.TryFind(offset, out var slot))
            Free(slot);
        _ready.Clear();
        _dying.Clear();
        _recent.Clear();
        _timers.Clear();
        _restored = null;
        Generation++;
        _next = startAfter + 1;
        _touched = startAfter;
        _reserved = startAfter;
        _durableReserved = startAfter;
    }

    /// <summary>
    /// Forgets all messages up to an offset, whatever they are doing: the log no longer has them. Their receipts count as finished.
    /// </summary>
    public void DropThrough(long through)
    {
        // What is parked first: what is freed would bring it in.
        _parked.DropThrough(through);
        while (_arena.FirstOffset is { } offset && offset <= through && _arena.TryFind(offset, out var slot))
            Free(slot);
        AdvanceTo(through);
    }

    /// <summary>Puts a message into the arena, behind those of its groups that are there.</summary>
    private int Enter(long offset, ulong group, ulong formerGroup)
    {
        var slot = _arena.Add(offset);
        ref var message = ref _arena[slot];
        message.Group = group;
        message.FormerGroup = formerGroup;
        if (group != 0)
            _groups.Append(group, GroupChains.LinkOf(slot, former: false));
        if (formerGroup != 0)
            _groups.Append(formerGroup, GroupChains.LinkOf(slot, former: true));

        _counts[(int)MessageState.Waiting]++;
        return slot;
    }

    private LeasedOffset LeaseOne(int slot, long nowMs, long visibilityTimeoutMs, ref bool mustSave)
    {
        ref var message = ref _arena[slot];
        mustSave |= message.Offset > _durableReserved || message.Receipt > 0 || message.UnparkedIn > _durableSnapshot;
        // After as many leases of one message as a receipt can count, nobody has the first ones any more.
        message.Receipt = message.Receipt == Receipt.NumberMax ? 1 : message.Receipt + 1;
        message.Delivery++;
        message.Batch = _batch;
        message.ReceiptVoid = false;
        message.DueMs = nowMs + visibilityTimeoutMs;
        message.LastLeasedMs = nowMs;
        if (message.Delivery == 1)
            message.FirstLeasedMs = nowMs;
        SetState(slot, MessageState.Leased);
        _timers.Add(slot, message.DueMs);
        _touched = Math.Max(_touched, message.Offset);
        _longestMs = Math.Max(_longestMs, visibilityTimeoutMs);
        return new LeasedOffset(message.Offset, message.Receipt, message.Delivery);
    }

    private bool TryTakeReady(out int slot)
    {
        while (_ready.TryDequeue(out var entry))
        {
            slot = entry.Slot;
            if (_arena[slot].Version == entry.Version)
                return true;
        }

        slot = MessageArena.None;
        return false;
    }

    /// <summary>The message right behind one of this batch, if nothing else holds it back. A move is never a follower.</summary>
    private bool TryFollower(int slot, out int follower)
    {
        follower = MessageArena.None;
        if (_arena[slot].Group == 0)
            return false;
        var link = _groups.Next(GroupChains.LinkOf(slot, former: false));
        if (link == GroupChains.None && TryUnpark(_arena[slot].Group))
            link = _groups.Next(GroupChains.LinkOf(slot, former: false));
        if (link == GroupChains.None)
            return false;

        follower = GroupChains.SlotOf(link);
        return _arena[follower] is { State: MessageState.Waiting, FormerGroup: 0 };
    }

    private void MakeReadyIfFree(int slot)
    {
        ref var message = ref _arena[slot];
        if (message.State != MessageState.Waiting
            || (message.Group != 0 && !_groups.IsFirst(GroupChains.LinkOf(slot, former: false)))
            || (message.FormerGroup != 0 && !_groups.IsFirst(GroupChains.LinkOf(slot, former: true))))
            return;

        SetState(slot, MessageState.Ready);
        _ready.Enqueue((slot, message.Version));
    }

    private void SetState(int slot, MessageState state)
    {
        ref var message = ref _arena[slot];
        _counts[(int)message.State]--;
        _counts[(int)state]++;
        message.State = state;
        message.Version++;
    }

    /// <summary>Takes a message out for good; those behind it in its groups may go on.</summary>
    private void Free(int slot)
    {
        var (group, formerGroup) = (_arena[slot].Group, _arena[slot].FormerGroup);
        _counts[(int)_arena[slot].State]--;
        var next = group == 0 ? GroupChains.None : _groups.Remove(group, GroupChains.LinkOf(slot, former: false));
        var formerNext = formerGroup == 0 ? GroupChains.None : _groups.Remove(formerGroup, GroupChains.LinkOf(slot, former: true));
        _arena.Remove(slot);
        if (next != GroupChains.None)
            MakeReadyIfFree(GroupChains.SlotOf(next));
        if (formerNext != GroupChains.None)
            MakeReadyIfFree(GroupChains.SlotOf(formerNext));
        Refill(group);
        Refill(formerGroup);
    }

    private int CountOf(MessageState state) => _counts[(int)state];
}
