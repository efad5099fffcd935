using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Core.Segments;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Replication.Decoding;

namespace Sequin.Postgres.Replication;

/// <summary>
/// Gathers decoded changes into segments of every stream that takes them, until the writer takes all there is. Offsets are given
/// here, so the order of sealing is the order of the log. Not thread safe: <see cref="BatchHandover"/> guards it.
/// </summary>
internal sealed partial class BatchAssembler : IChangeReceiver
{
    private List<OpenSegment> _streams = [];
    private readonly List<Segment> _sealed = [];
    private readonly List<UndecodableChange> _undecodable = [];
    private SlotPosition _position;
    private long _lastCommitTimeMicros;

    /// <param name="position">What is durable now.</param>
    public BatchAssembler(SlotPosition position) => _position = position;

    /// <summary>Of <see cref="Route"/>.</summary>
    public long RoutesVersion { get; private set; }

    public bool HasMessages { get; private set; }

    /// <summary>Bytes gathered and not yet taken.</summary>
    public long SizeBytes { get; private set; }

    /// <summary>End of the last transaction that was gathered or taken whole.</summary>
    public Lsn EndLsn => _position.EndLsn;

    /// <summary>Changes from here on go by these routes. Between two transactions, or one would be in a stream in part.</summary>
    /// <param name="routes">One a stream.</param>
    /// <param name="ends">Where those streams end that had no route before.</param>
    public void Route(StreamRoutes routes, IReadOnlyDictionary<StreamKey, StreamEnd> ends)
    {
        var before = _streams.ToDictionary(stream => stream.Key);
        _streams = [];
        foreach (var route in routes.Routes)
        {
            var stream = before.GetValueOrDefault(route.Stream) ?? new OpenSegment(route.Stream, ends[route.Stream]);
            stream.GoBy(route.Source);
            _streams.Add(stream);
        }

        RoutesVersion = routes.Version;
    }

    public void OnChange(in ChangeHeader header, ReadOnlySpan<byte> json)
    {
        foreach (var stream in _streams)
        {
            if (!stream.Takes(header.Table))
                continue;
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
        _sealed.Add(stream.Place(stream.Builder.Seal(stream.NextOffset, kind, audience)));
    }

    private sealed class OpenSegment(StreamKey stream, StreamEnd end)
    {
        private long _latestCommitTimeMicros = end.CommitTimeMicros;
        private StreamSource? _source;
        private string? _lastTable;
        private bool _takesLast;

        public StreamKey Key => stream;
        public SegmentBuilder Builder { get; } = new(stream);
        public long NextOffset { get; private set; } = end.Offset + 1;

        public void GoBy(StreamSource source)
        {
            _source = source.TakesAll ? null : source;
            _lastTable = null;
        }

        // The decoder gives the same string for the same table: nearly always it is the one of the change before.
        public bool Takes(string table)
        {
            if (_source is null)
                return true;
            if (!ReferenceEquals(table, _lastTable))
                (_lastTable, _takesLast) = (table, _source.Takes(table));
            return _takesLast;
        }

        /// <summary>The segment is the stream's next: offsets go on behind it, and times do not fall behind those before it.</summary>
        public Segment Place(Segment segment)
        {
            NextOffset += segment.Count;
            if (segment.LastCommitTimeMicros < _latestCommitTimeMicros)
                return segment with { LastCommitTimeMicros = _latestCommitTimeMicros };
            _latestCommitTimeMicros = segment.LastCommitTimeMicros;
            return segment;
        }
    }
}
