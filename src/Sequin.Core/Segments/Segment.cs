using Sequin.Core.Changes;
using Sequin.Core.Identity;

namespace Sequin.Core.Segments;

/// <summary>
/// A batch of consecutive messages of one stream: the unit that is stored, cached and moved. Immutable; its arrays are never
/// pooled, because a segment is passed by reference between grains and may outlive every one of them.
/// <see cref="Index"/> has the layout of <see cref="SegmentIndex"/>; <see cref="Payload"/> holds the messages' JSON, each ended
/// by a newline. A stored message lacks the <c>consumer</c> and <c>database</c> objects of its metadata: they are the same for
/// every message of a consumer and are added at delivery (<see cref="MessageEnvelope"/>).
/// </summary>
public sealed record Segment
{
    public required StreamKey Stream { get; init; }

    /// <summary>Offset of the first message; offsets are contiguous from 1.</summary>
    public required long BaseOffset { get; init; }
    public required int Count { get; init; }
    public required SegmentKind Kind { get; init; }

    /// <summary>Only this consumer reads the segment; null: all do.</summary>
    public ConsumerId? Audience { get; init; }

    /// <summary>The earliest commit time of its messages, in microseconds since the Unix epoch.</summary>
    public required long FirstCommitTimeMicros { get; init; }

    /// <summary>The latest commit time of the stream up to its end: it never falls, so that a time can be searched for.</summary>
    public required long LastCommitTimeMicros { get; init; }
    public required Lsn LastCommitLsn { get; init; }

    /// <summary>The distinct tables of the messages, as <c>schema.table</c>; index entries point into it.</summary>
    public required string[] Tables { get; init; }
    public required byte[] Index { get; init; }
    public required byte[] Payload { get; init; }

    public long LastOffset => BaseOffset + Count - 1;

    /// <summary>What the segment costs in memory, in bytes, near enough for a budget.</summary>
    public int SizeBytes => Index.Length + Payload.Length + 200;

    public SegmentIndex Entries => new(Index);

    /// <summary>The stored JSON of one message, without its newline.</summary>
    public ReadOnlyMemory<byte> Message(int index)
    {
        var ends = Entries.Ends;
        var start = index == 0 ? 0 : ends[index - 1] + 1;
        return Payload.AsMemory(start, ends[index] - start);
    }
}
