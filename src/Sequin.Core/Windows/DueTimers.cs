namespace Sequin.Core.Windows;

/// <summary>
/// When leases and delays end. An entry whose message has changed since is skipped when it comes up, so cancelling costs nothing;
/// <see cref="NeedsRebuild"/> keeps such entries below the live ones.
/// </summary>
internal sealed class DueTimers(MessageArena arena)
{
    private const int StaleMin = 1024;

    private readonly PriorityQueue<(int Slot, int Version), long> _queue = new();

    public void Add(int slot, long dueMs) => _queue.Enqueue((slot, arena[slot].Version), dueMs);

    public bool NeedsRebuild(int live) => _queue.Count > (2 * live) + StaleMin;

    public void Clear() => _queue.Clear();

    /// <summary>When the next live entry is due; null: none is.</summary>
    public long? NextMs
    {
        get
        {
            while (_queue.TryPeek(out var entry, out var dueMs))
            {
                if (arena[entry.Slot].Version == entry.Version)
                    return dueMs;
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
}
