using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Core.Segments;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Replication.Decoding;

namespace Sequin.Postgres.Replication;

/// <summary>
/// Gathers decoded changes into segments of every stream that takes them, until the writer takes all there is. Offsets are given
/// here, so the order of sealing is the order of the log. Not thread safe: <see cref="BatchHandover"/> guards it.
/// </summary>
internal sealed partial class BatchAssembler : IChangeReceiver
{
    private readonly List<OpenSegment> _streams = [];
    private readonly List<Segment> _sealed = [];
    private readonly List<UndecodableChange> _undecodable = [];
    private SlotPosition _position;
    private long _lastCommitTimeMicros;

    /// <param name="position">What is durable now.</param>
    /// <param name="heads">The last offset of every stream of the database.</param>
    public BatchAssembler(SlotPosition position, IReadOnlyDictionary<StreamKey, long> heads)
    {
        _position = position;
        foreach (var (stream, head) in heads)
            _streams.Add(new OpenSegment(stream, head + 1));
    }

    public bool HasMessages { get; private set; }

    /// <summary>Bytes gathered and not yet taken.</summary>
    public long SizeBytes { get; private set; }

    /// <summary>End of the last transaction that was gathered or taken whole.</summary>
    public Lsn EndLsn => _position.EndLsn;

    public void OnChange(in ChangeHeader header, ReadOnlySpan<byte> json)
    {
        foreach (var stream in _streams)
        {
            stream.Builder.Append(header, json);
            SizeBytes += json.Length;
            if (stream.Builder.IsFull)
                Seal(stream);
        }

        MoveTo(header);
    }

    public void OnUndecodable(in ChangeHeader header, string error, ReadOnlySpan<byte> message)
    {
        MoveTo(header);
        var change = UndecodableChange.Of(_position.Last, header.Table, error, message);
        _undecodable.Add(change);
        SizeBytes += change.Raw.Length;
    }

    public void OnTransactionEnded(Lsn endLsn) => _position = _position with { EndLsn = endLsn };

    /// <summary>Everything gathered so far; a big transaction may be in it half, its position tells.</summary>
    public IngestBatch Take()
    {
        foreach (var stream in _streams)
        {
            if (stream.Builder.Count > 0)
                Seal(stream);
        }

        var batch = new IngestBatch([.. _sealed], [.. _undecodable], [.. _chunks], _position, _lastCommitTimeMicros);
        _sealed.Clear();
        _undecodable.Clear();
        _chunks.Clear();
        SizeBytes = 0;
        HasMessages = false;
        return batch;
    }

    private void MoveTo(in ChangeHeader header)
    {
        HasMessages = true;
        _position = _position with { Last = new Position(_position.Last.SourceEpoch, header.CommitLsn, header.Ordinal) };
        _lastCommitTimeMicros = header.CommitTimeMicros;
    }

    private void Seal(OpenSegment stream, SegmentKind kind = SegmentKind.Changes, ConsumerId? audience = null)
    {
        var segment = stream.Builder.Seal(stream.NextOffset, kind, audience);
        stream.NextOffset += segment.Count;
        _sealed.Add(segment);
    }

    private sealed class OpenSegment(StreamKey stream, long nextOffset)
    {
        public StreamKey Key => stream;
        public SegmentBuilder Builder { get; } = new(stream);
        public long NextOffset { get; set; } = nextOffset;
    }
}
