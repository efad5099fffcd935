namespace Sequin.Core.Windows;

/// <summary>
/// When leases and delays end; of those that end together the lower offset first, so that a batch ends in its order. An entry whose
/// message has changed since is skipped when it comes up, so cancelling costs nothing; when such entries are the most, they go.
/// </summary>
internal sealed class DueTimers(MessageArena arena)
{
    private const int StaleMin = 1024;

    private readonly PriorityQueue<(int Slot, int Version), (long DueMs, long Offset)> _queue = new();
    private readonly List<((int Slot, int Version) Entry, (long DueMs, long Offset) Due)> _live = [];
    private int _countMax = StaleMin;

    public void Add(int slot, long dueMs)
    {
        if (_queue.Count >= _countMax)
            DropStale();
        _queue.Enqueue((slot, arena[slot].Version), (dueMs, arena[slot].Offset));
    }

    public void Clear() => _queue.Clear();

    /// <summary>When the next live entry is due; null: none is.</summary>
    public long? NextMs
    {
        get
        {
            while (_queue.TryPeek(out var entry, out var due))
            {
                if (IsLive(entry))
                    return due.DueMs;
                _queue.Dequeue();
            }

            return null;
        }
    }

    /// <summary>Takes the next live entry that is due.</summary>
    public bool TryTakeDue(long nowMs, out int slot)
    {
        slot = MessageArena.None;
        if (NextMs is not { } dueMs || dueMs > nowMs)
            return false;
        slot = _queue.Dequeue().Slot;
        return true;
    }

    private void DropStale()
    {
        foreach (var item in _queue.UnorderedItems)
        {
            if (IsLive(item.Element))
                _live.Add(item);
        }

        _queue.Clear();
        _queue.EnqueueRange(_live);
        _live.Clear();
        _countMax = (2 * _queue.Count) + StaleMin;
    }

    private bool IsLive((int Slot, int Version) entry) => arena[entry.Slot].Version == entry.Version;
}
