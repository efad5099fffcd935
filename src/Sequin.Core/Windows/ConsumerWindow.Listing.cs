namespace Sequin.Core.Windows;

/// <summary>Looking without changing anything. Costs a walk through the window.</summary>
public sealed partial class ConsumerWindow
{
    private readonly RecentOffsets _recent = new();

    /// <summary>The message at an offset; null: it is not among the unfinished ones, or parked.</summary>
    public WindowMessage? Find(long offset) => _arena.TryFind(offset, out var slot) ? Describe(_arena[slot]) : null;

    /// <summary>Whether so many could be leased in one batch: heads of groups, and what follows them there.</summary>
    public bool HasReady(int messages)
    {
        if (CountOf(MessageState.Ready) >= messages)
            return true;
        var found = 0;
        foreach (var (slot, version) in _ready)
        {
            if (_arena[slot].Version != version)
                continue;
            found += 1 + FollowersOf(slot, messages);
            if (found >= messages)
                return true;
        }

        return false;
    }

    /// <summary>Whether the lease of this receipt is live.</summary>
    public bool IsLeased(long offset, int receipt) => Find(offset, receipt, out _) == ReceiptStatus.Done;

    /// <summary>Unfinished messages in one of the states, in offset order.</summary>
    /// <param name="isWanted">Says it of a state; parked messages are <see cref="MessageState.Waiting"/>.</param>
    /// <param name="after">Only those behind this offset.</param>
    /// <param name="limit">At most so many.</param>
    public List<WindowMessage> List(Func<MessageState, bool> isWanted, long after, int limit)
    {
        var found = new List<WindowMessage>();
        foreach (var slot in _arena.InOrder())
        {
            if (_arena[slot].Offset <= after || !isWanted(_arena[slot].State))
                continue;
            found.Add(Describe(_arena[slot]));
            if (found.Count == limit)
                break;
        }

        if (!isWanted(MessageState.Waiting) || _parked.Count == 0)
            return found;
        foreach (var offset in _parked.List(after, limit))
            found.Add(new WindowMessage(offset, MessageState.Waiting, 0, IsNacked: false, 0, null, null));
        found.Sort((left, right) => left.Offset.CompareTo(right.Offset));
        return found.Count > limit ? found[..limit] : found;
    }

    /// <summary>The last acked offsets below <paramref name="before"/>, the highest first. Of the last 1000 since the restart.</summary>
    public List<long> ListAcked(long before, int limit) => _recent.List(before, limit);

    /// <summary>The groups behind whose head the most messages wait.</summary>
    public List<WaitingGroup> ListWaitingGroups(int limit)
    {
        var worst = new PriorityQueue<WaitingGroup, int>();
        foreach (var (group, first, count) in _groups.All)
        {
            ref readonly var head = ref _arena[GroupChains.SlotOf(first)];
            var waiting = count - 1 + _parked.CountOf(group);
            if (waiting == 0 || head.State is MessageState.Ready or MessageState.Waiting)
                continue;
            worst.Enqueue(new WaitingGroup(head.Offset, head.State, waiting), waiting);
            if (worst.Count > limit)
                worst.Dequeue();
        }

        var groups = new List<WaitingGroup>();
        while (worst.TryDequeue(out var group, out _))
            groups.Insert(0, group);
        return groups;
    }

    private static WindowMessage Describe(in MessageSlot message) => new(
        message.Offset, message.State, message.Delivery, message.ReceiptVoid, message.DueMs,
        message.FirstLeasedMs == 0 ? null : message.FirstLeasedMs, message.LastLeasedMs == 0 ? null : message.LastLeasedMs);

    private int FollowersOf(int slot, int max)
    {
        if (_arena[slot].Group == 0)
            return 0;
        var followers = 0;
        var link = _groups.Next(GroupChains.LinkOf(slot, former: false));
        while (link != GroupChains.None && followers < max)
        {
            if (_arena[GroupChains.SlotOf(link)] is not { State: MessageState.Waiting, FormerGroup: 0 })
                return followers;
            followers++;
            link = _groups.Next(link);
        }

        return followers;
    }
}
