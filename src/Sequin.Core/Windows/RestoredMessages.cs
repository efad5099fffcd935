namespace Sequin.Core.Windows;

/// <summary>The unfinished messages of a snapshot, until they are appended again. Reads what <see cref="SnapshotWriter"/> wrote.</summary>
internal sealed class RestoredMessages
{
    private readonly List<(long Start, long End)> _runs = [];
    private readonly Dictionary<long, SnapshotDetail> _details = [];

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

    /// <summary>The first unfinished offset from <paramref name="from"/> on.</summary>
    public long NextWanted(long from)
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
