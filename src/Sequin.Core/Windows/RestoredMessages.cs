namespace Sequin.Core.Windows;

/// <summary>The unfinished messages of a snapshot, until they are appended again. Reads what <see cref="SnapshotWriter"/> wrote.</summary>
internal sealed class RestoredMessages
{
    private readonly List<(long Start, long End)> _runs = [];
    private readonly Dictionary<long, SnapshotDetail> _details = [];
    private readonly Dictionary<ulong, long> _parked = [];
    private readonly long _parkedFrom = long.MaxValue;

    public RestoredMessages(ReadOnlySpan<byte> snapshot)
    {
        var reader = new VarintReader(snapshot);
        var version = reader.Read();
        if (version != SnapshotWriter.Version)
        {
            throw new InvalidDataException(
                $"Window snapshot version {version} is unknown; this build reads version {SnapshotWriter.Version}.");
        }

        IsExact = (reader.Read() & SnapshotWriter.FlagExact) != 0;
        Generation = (int)reader.Read();
        Touched = reader.Read();
        Reserved = reader.Read();
        LongestMs = reader.Read();
        ReadRuns(ref reader);
        ReadDetails(ref reader);
        for (var group = reader.Read(); group != 0; group = reader.Read())
        {
            var first = reader.Read();
            _parked.Add((ulong)group, first);
            _parkedFrom = Math.Min(_parkedFrom, first);
        }
    }

    /// <summary>From a clean stop, which wrote the leases down: nothing else was leased.</summary>
    public bool IsExact { get; }
    public int Generation { get; }

    /// <summary>Offsets up to here are finished unless they are in a run.</summary>
    public long Touched { get; }

    /// <summary>Offsets up to here may have been leased.</summary>
    public long Reserved { get; }

    /// <summary>No lease that may be running is longer.</summary>
    public long LongestMs { get; }

    /// <summary>No offset behind this one is touched by the restore.</summary>
    public long LastOffset => Math.Max(Touched, Reserved);

    /// <summary>The parked groups and their first offsets.</summary>
    public IReadOnlyDictionary<ulong, long> Parked => _parked;

    /// <summary>Whether a message is unfinished.</summary>
    public bool Wants(long offset, ulong group, ulong formerGroup) =>
        offset > Touched || Names(offset) || IsParked(offset, group, formerGroup);

    /// <summary>Whether a message stands in the snapshot by itself, with what is known of it.</summary>
    public bool Names(long offset) => offset <= Touched && NextNamed(offset) == offset;

    /// <summary>Whether it is unfinished as one of a parked group.</summary>
    public bool IsParked(long offset, ulong group, ulong formerGroup) =>
        (_parked.TryGetValue(group, out var first) && offset >= first)
        || (_parked.TryGetValue(formerGroup, out first) && offset >= first);

    /// <summary>The first offset from <paramref name="from"/> on that may be unfinished: among parked ones only the group tells.</summary>
    public long NextWanted(long from) => Math.Min(NextNamed(from), Math.Max(from, _parkedFrom));

    /// <summary>The first offset from <paramref name="from"/> on that stands in the snapshot, or lies behind it.</summary>
    public long NextNamed(long from)
    {
        if (from > Touched)
            return from;

        var low = 0;
        var high = _runs.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_runs[middle].End < from)
                low = middle + 1;
            else
                high = middle;
        }

        return low < _runs.Count ? Math.Max(from, _runs[low].Start) : Touched + 1;
    }

    public SnapshotDetail Detail(long offset) => _details.GetValueOrDefault(offset);

    private void ReadRuns(ref VarintReader reader)
    {
        var last = 0L;
        for (var gap = reader.Read(); gap != 0; gap = reader.Read())
        {
            var start = last + (gap >> 1);
            last = (gap & 1) == 0 ? start : start + reader.Read() - 1;
            _runs.Add((start, last));
        }
    }

    private void ReadDetails(ref VarintReader reader)
    {
        var alike = 0L;
        var detail = default(SnapshotDetail);
        foreach (var (start, end) in _runs)
        {
            for (var offset = start; offset <= end; offset++)
            {
                if (alike == 0)
                    (alike, detail) = ReadDetail(ref reader);
                alike--;
                if (detail != default)
                    _details.Add(offset, detail);
            }
        }
    }

    private static (long Alike, SnapshotDetail Detail) ReadDetail(ref VarintReader reader)
    {
        var head = reader.Read();
        var both = (int)head & SnapshotWriter.Alike;
        var detail = both < SnapshotWriter.Alike
            ? new SnapshotDetail(both, both, Hold: 0)
            : new SnapshotDetail((int)reader.Read(), (int)reader.Read(), reader.Read());
        return (head >> SnapshotWriter.AlikeBits, detail);
    }
}
