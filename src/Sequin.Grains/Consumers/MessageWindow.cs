using Sequin.Core.Identity;
using Sequin.Core.Segments;
using Sequin.Core.Windows;
using Sequin.Grains.Streams;

namespace Sequin.Grains.Consumers;

/// <summary>Brings a stream's messages into a consumer's window, and their JSON back out of it.</summary>
internal sealed class MessageWindow(IStreamGrain stream, ConsumerWindow window, SegmentFilter filter, MessageGroups groups)
{
    /// <summary>Bytes asked of the stream at a time: one full segment.</summary>
    private const int ReadBytes = SegmentLimits.PayloadBytesMax;

    private readonly PrefetchedSegments _prefetched = new();
    private readonly SortedList<long, Segment> _kept = [];

    public required StreamKey Stream { get; init; }

    /// <summary>Last offset of the stream, as last heard.</summary>
    public long Head { get; private set; }

    /// <summary>A message that the log no longer has, as a segment of its own.</summary>
    public void Keep(Segment message) => _kept[message.BaseOffset] = message;

    /// <summary>Reads what follows; false when nothing came within the wait.</summary>
    public async Task<bool> ReadAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        var generation = window.Generation;
        var slice = await stream.ReadAsync(window.NextOffset - 1, ReadBytes, wait, cancellationToken);
        // A rewind while we waited: what came is of the old place.
        if (generation != window.Generation)
            return true;

        Head = slice.Head;
        foreach (var segment in slice.Segments)
        {
            TakeKept(segment.BaseOffset);
            Take(segment);
        }

        return slice.Segments.Length > 0;
    }

    /// <summary>The stored JSON of leased messages, in their order.</summary>
    public async Task<ReadOnlyMemory<byte>[]> ReadStoredAsync(LeasedOffset[] messages, CancellationToken cancellationToken)
    {
        var stored = new ReadOnlyMemory<byte>[messages.Length];
        Segment? segment = null;
        for (var i = 0; i < messages.Length; i++)
        {
            var offset = messages[i].Offset;
            if (segment is null || offset < segment.BaseOffset || offset > segment.LastOffset)
            {
                segment = await FindAsync(offset, cancellationToken) ?? throw Gone(offset);
            }

            stored[i] = segment.Message((int)(offset - segment.BaseOffset));
        }

        return stored;
    }

    // Retention dropped it and has not told us yet: else it would be leased again and again.
    private InvalidOperationException Gone(long offset)
    {
        window.DropThrough(offset);
        return new InvalidOperationException($"Offset {offset} is leased, but the log no longer has it.");
    }

    /// <summary>The segment of a message; null: the log no longer has it.</summary>
    public async Task<Segment?> FindAsync(long offset, CancellationToken cancellationToken)
    {
        if (_prefetched.Find(offset) is { } prefetched)
            return prefetched;
        if (_kept.TryGetValue(offset, out var kept))
            return kept;
        var slice = await stream.ReadAsync(offset - 1, maxBytes: 1, TimeSpan.Zero, cancellationToken);
        return slice.Segments is [var segment, ..] && segment.BaseOffset <= offset ? segment : null;
    }

    /// <summary>The group of a message that was found by its offset.</summary>
    public ulong GroupOf(Segment segment, long offset)
    {
        groups.Enter(segment);
        return groups.Of(segment, segment.Entries, (int)(offset - segment.BaseOffset)).Group;
    }

    // Of a window that is being restored: the log has nothing there.
    private void TakeKept(long before)
    {
        if (!window.IsRestoring)
            return;
        foreach (var message in _kept.Values)
        {
            if (message.BaseOffset >= window.NextOffset && message.BaseOffset < before)
                Take(message);
        }
    }

    private void Take(Segment segment)
    {
        var isWanted = filter.Enter(segment);
        if (isWanted || window.IsRestoring)
        {
            _prefetched.Add(segment);
            groups.Enter(segment);
            var entries = segment.Entries;
            for (var i = (int)Math.Max(0, window.NextOffset - segment.BaseOffset); i < entries.Count; i++)
            {
                var offset = segment.BaseOffset + i;
                if (!(isWanted && filter.Wants(entries, i)) && !window.MustKeep(offset))
                    continue;
                var (group, former) = groups.Of(segment, entries, i);
                window.Append(offset, group, former);
            }
        }

        window.AdvanceTo(segment.LastOffset);
    }
}
