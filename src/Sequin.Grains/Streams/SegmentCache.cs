using System.Diagnostics.CodeAnalysis;
using Sequin.Core.Identity;
using Sequin.Core.Segments;

namespace Sequin.Grains.Streams;

/// <summary>
/// Recently used segments of all streams of this silo, under one budget in bytes; the longest unused goes first. One for the
/// silo, not for the stream, so that many quiet streams cost nothing. Thread safe.
/// </summary>
internal sealed class SegmentCache(long budgetBytes)
{
    public const long BudgetBytesDefault = 48L * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<StreamKey, SortedList<long, LinkedListNode<Segment>>> _streams = [];
    private readonly LinkedList<Segment> _byUse = new();

    public long SizeBytes { get; private set; }

    public void Add(Segment segment)
    {
        lock (_gate)
        {
            if (!_streams.TryGetValue(segment.Stream, out var segments))
                _streams.Add(segment.Stream, segments = []);
            if (segments.TryGetValue(segment.BaseOffset, out var present))
            {
                if (present.Value.LastOffset >= segment.LastOffset)
                    return;
                Remove(segments, segments.IndexOfKey(segment.BaseOffset));
            }

            // Small ones that it was made of would hide it.
            for (var i = LastAtOrBefore(segments.Keys, segment.LastOffset); i >= 0 && segments.Keys[i] > segment.BaseOffset; i--)
                Remove(segments, i);
            segments.Add(segment.BaseOffset, _byUse.AddLast(segment));
            SizeBytes += segment.SizeBytes;
            while (SizeBytes > budgetBytes && _byUse.Count > 1)
                Evict(_byUse.First!.Value);
        }
    }

    /// <summary>Lets go of a stream's segments that end at an offset or before.</summary>
    public void Trim(StreamKey stream, long through)
    {
        lock (_gate)
        {
            if (!_streams.TryGetValue(stream, out var segments))
                return;
            while (segments.Count > 0 && segments.Values[0].Value.LastOffset <= through)
                Remove(segments, 0);
            if (segments.Count == 0)
                _streams.Remove(stream);
        }
    }

    /// <summary>The segment that holds an offset.</summary>
    public bool TryGet(StreamKey stream, long offset, [NotNullWhen(true)] out Segment? segment)
    {
        lock (_gate)
        {
            segment = null;
            if (!_streams.TryGetValue(stream, out var segments))
                return false;

            var found = LastAtOrBefore(segments.Keys, offset);
            if (found < 0)
                return false;

            var node = segments.Values[found];
            if (node.Value.LastOffset < offset)
                return false;

            _byUse.Remove(node);
            _byUse.AddLast(node);
            segment = node.Value;
            return true;
        }
    }

    private void Evict(Segment segment)
    {
        _byUse.RemoveFirst();
        SizeBytes -= segment.SizeBytes;
        var segments = _streams[segment.Stream];
        segments.Remove(segment.BaseOffset);
        if (segments.Count == 0)
            _streams.Remove(segment.Stream);
    }

    private void Remove(SortedList<long, LinkedListNode<Segment>> segments, int index)
    {
        var node = segments.Values[index];
        _byUse.Remove(node);
        SizeBytes -= node.Value.SizeBytes;
        segments.RemoveAt(index);
    }

    private static int LastAtOrBefore(IList<long> keys, long offset)
    {
        var low = 0;
        var high = keys.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (keys[middle] <= offset)
                low = middle + 1;
            else
                high = middle;
        }

        return low - 1;
    }
}
