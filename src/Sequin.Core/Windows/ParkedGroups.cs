using System.Runtime.InteropServices;

namespace Sequin.Core.Windows;

/// <summary>
/// Messages of busy groups that wait outside the arena, as offsets alone: behind those of their group that are in the arena, in
/// order. A message that an update moved from one group to another is in both queues, and leaves when it is the first of both.
/// </summary>
internal sealed class ParkedGroups
{
    /// <summary>What a queue costs beside its bytes: object, dictionary entry, array header.</summary>
    private const int GroupBytes = 160;
    private const int MoveBytes = 64;

    private readonly Dictionary<ulong, OffsetQueue> _queues = [];
    private readonly Dictionary<long, ParkedMessage> _moves = [];
    private long _queueBytes;

    /// <summary>Messages; a moved one counts once.</summary>
    public int Count { get; private set; }

    /// <summary>What all of it holds of memory.</summary>
    public long Bytes => _queueBytes + (_queues.Count * GroupBytes) + (_moves.Count * MoveBytes);

    /// <summary>The parked groups and their first offsets.</summary>
    public IEnumerable<(ulong Group, long First)> Firsts => _queues.Select(queue => (queue.Key, queue.Value.First));

    public bool Contains(ulong group) => _queues.Count > 0 && _queues.ContainsKey(group);

    public int CountOf(ulong group) => _queues.TryGetValue(group, out var queue) ? queue.Count : 0;

    /// <summary>The lowest offset of a group; null: nothing of it is parked.</summary>
    public long? FirstOf(ulong group) => _queues.TryGetValue(group, out var queue) ? queue.First : null;

    /// <summary>The lowest offset of all; null: nothing is parked.</summary>
    public long? Lowest()
    {
        long? lowest = null;
        foreach (var queue in _queues.Values)
            lowest = Math.Min(queue.First, lowest ?? long.MaxValue);
        return lowest;
    }

    public void Park(in ParkedMessage message)
    {
        Count++;
        if (message.Group != 0)
            Enqueue(message.Group, message.Offset);
        if (message.FormerGroup == 0)
            return;
        Enqueue(message.FormerGroup, message.Offset);
        _moves.Add(message.Offset, message);
    }

    /// <summary>Takes the first message of a group; false when there is none, or it is not yet the first of its other group too.</summary>
    public bool TryTake(ulong group, out ParkedMessage message)
    {
        message = default;
        if (!_queues.TryGetValue(group, out var queue))
            return false;
        if (!_moves.TryGetValue(queue.First, out message))
            message = new ParkedMessage(queue.First, group, FormerGroup: 0);
        else if (!IsFirst(message.Group, queue.First) || !IsFirst(message.FormerGroup, queue.First))
            return false;

        Count--;
        Dequeue(message.Group);
        if (message.FormerGroup != 0)
        {
            Dequeue(message.FormerGroup);
            _moves.Remove(message.Offset);
        }

        return true;
    }

    /// <summary>Takes out everything up to an offset.</summary>
    public void DropThrough(long through)
    {
        // A moved message leaves when it is the first of both of its groups: the lowest of all always is.
        bool any;
        do
        {
            any = false;
            foreach (var group in _queues.Keys.ToArray())
            {
                while (FirstOf(group) <= through && TryTake(group, out _))
                    any = true;
            }
        }
        while (any);
    }

    /// <summary>The offsets above <paramref name="after"/>, in order, at most <paramref name="limit"/>.</summary>
    public List<long> List(long after, int limit)
    {
        var offsets = new List<long>();
        var ofGroup = new List<long>();
        foreach (var queue in _queues.Values)
        {
            ofGroup.Clear();
            queue.CopyTo(ofGroup, after, limit);
            offsets.AddRange(ofGroup);
        }

        offsets.Sort();
        var distinct = 0;
        // A moved message stands in two queues.
        for (var i = 0; i < offsets.Count; i++)
        {
            if (i == 0 || offsets[i] != offsets[i - 1])
                offsets[distinct++] = offsets[i];
        }

        distinct = Math.Min(distinct, limit);
        offsets.RemoveRange(distinct, offsets.Count - distinct);
        return offsets;
    }

    public void Clear()
    {
        _queues.Clear();
        _moves.Clear();
        _queueBytes = 0;
        Count = 0;
    }

    private bool IsFirst(ulong group, long offset) => group == 0 || _queues[group].First == offset;

    private void Enqueue(ulong group, long offset)
    {
        ref var queue = ref CollectionsMarshal.GetValueRefOrAddDefault(_queues, group, out _);
        queue ??= new OffsetQueue();
        var before = queue.Count == 0 ? 0 : queue.CapacityBytes;
        queue.Enqueue(offset);
        _queueBytes += queue.CapacityBytes - before;
    }

    private void Dequeue(ulong group)
    {
        if (group == 0)
            return;
        var queue = _queues[group];
        queue.Dequeue();
        if (queue.Count > 0)
            return;
        _queueBytes -= queue.CapacityBytes;
        _queues.Remove(group);
    }
}

/// <summary>A message that waits outside the arena.</summary>
internal readonly record struct ParkedMessage(long Offset, ulong Group, ulong FormerGroup);
