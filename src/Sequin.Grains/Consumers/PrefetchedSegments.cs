using Sequin.Core.Segments;

namespace Sequin.Grains.Consumers;

/// <summary>
/// The segments a consumer has read most recently, in offset order, under a budget. A message that waited longer than its
/// segment stayed here is read again by its offset.
/// </summary>
internal sealed class PrefetchedSegments
{
    public const int BudgetBytes = 8 * 1024 * 1024;

    private readonly LinkedList<Segment> _segments = new();
    private long _bytes;

    public void Add(Segment segment)
    {
        _segments.AddLast(segment);
        _bytes += segment.SizeBytes;
        while (_bytes > BudgetBytes && _segments.Count > 1)
        {
            _bytes -= _segments.First!.Value.SizeBytes;
            _segments.RemoveFirst();
        }
    }

    /// <summary>The segment that holds an offset, or null.</summary>
    public Segment? Find(long offset)
    {
        foreach (var segment in _segments)
        {
            if (offset >= segment.BaseOffset && offset <= segment.LastOffset)
                return segment;
        }

        return null;
    }
}
