using Sequin.Core.Identity;
using Sequin.Core.Segments;
using Sequin.Postgres.Log.Segments;

namespace Sequin.Server.Messages;

/// <summary>Looks a stream's messages up and at them, and counts the bytes that this took.</summary>
internal sealed class SegmentMessages(SegmentReader reader, StreamKey stream, MessageCriteria criteria)
{
    private readonly List<Segment> _kept = [];
    private readonly byte[]? _text = criteria.TextBytes;

    public long BytesRead { get; private set; }

    /// <returns>Whether it is wanted, and its stored JSON; null: the log no longer has it.</returns>
    public async Task<(bool IsWanted, ReadOnlyMemory<byte>? Stored)> FindAsync(long offset, CancellationToken cancellationToken)
    {
        if (await SegmentAsync(offset, cancellationToken) is not { } segment)
            return (criteria.IsEmpty, null);
        var at = (int)(offset - segment.BaseOffset);
        return (IsWanted(segment, at), segment.Message(at));
    }

    // What the index knows comes first: it is cheap.
    private bool IsWanted(Segment segment, int at)
    {
        var entries = segment.Entries;
        if (criteria.Table is { } table && segment.Tables[entries.Tables[at]] != table)
            return false;
        var committed = DateTimeOffset.UnixEpoch.AddTicks(entries.RunOf(at).CommitTimeMicros * TimeSpan.TicksPerMicrosecond);
        if (committed < criteria.From || committed >= criteria.To)
            return false;
        var stored = segment.Message(at).Span;
        return (_text is null || stored.IndexOf(_text) >= 0)
            && (criteria.Key is null || StoredMessage.RecordPks(stored).SequenceEqual(criteria.Key));
    }

    private async ValueTask<Segment?> SegmentAsync(long offset, CancellationToken cancellationToken)
    {
        foreach (var kept in _kept)
        {
            if (offset >= kept.BaseOffset && offset <= kept.LastOffset)
                return kept;
        }

        if (await reader.FindAsync(stream, offset, cancellationToken) is not { } segment)
            return null;
        BytesRead += segment.SizeBytes;
        if (_kept.Count == MessageLimits.SegmentsKept)
            _kept.RemoveAt(0);
        _kept.Add(segment);
        return segment;
    }
}
