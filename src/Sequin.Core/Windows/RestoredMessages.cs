namespace Sequin.Core.Windows;

/// <summary>The unfinished messages of a snapshot, until they are appended again. Reads what <see cref="SnapshotWriter"/> wrote.</summary>
internal sealed class RestoredMessages
{
    private readonly List<(long Start, long End)> _runs = [];
    private readonly Dictionary<long, (int Receipt, int Delivery, long LeaseEndMs)> _details = [];
    private readonly long _crashLeaseEndMs;

    public RestoredMessages(ReadOnlySpan<byte> snapshot, long nowMs, long visibilityTimeoutMs)
    {
        var reader = new VarintReader(snapshot);
        var version = reader.Read();
        if (version != SnapshotWriter.Version)
            throw new InvalidDataException($"Window snapshot version {version} is unknown; this build reads version {SnapshotWriter.Version}.");

        IsExact = (reader.Read() & SnapshotWriter.FlagExact) != 0;
        Generation = (int)reader.Read();
        Touched = reader.Read();
        Reserved = reader.Read();
        LongestMs = reader.Read();
        _crashLeaseEndMs = IsExact ? 0 : nowMs + Math.Max(LongestMs, visibilityTimeoutMs);
        ReadRuns(ref reader);
        ReadDetails(ref reader, nowMs);
    }

    /// <summary>The leases were written down: nothing else was leased.</summary>
    public bool IsExact { get; }
    public int Generation { get; }

    /// <summary>Offsets up to here are finished unless they are in a run.</summary>
    public long Touched { get; }

    /// <summary>Offsets up to here may have been leased.</summary>
    public long Reserved { get; }
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

    public (int Receipt, int Delivery, long LeaseEndMs) Details(long offset)
    {
        var known = _details.GetValueOrDefault(offset);
        return IsExact ? known : known with { LeaseEndMs = _crashLeaseEndMs };
    }

    private void ReadRuns(ref VarintReader reader)
    {
        var last = 0L;
        for (var gap = reader.Read(); gap != 0; gap = reader.Read())
        {
            var start = last + gap - 1;
            last = start + reader.Read() - 1;
            _runs.Add((start, last));
        }
    }

    private void ReadDetails(ref VarintReader reader, long nowMs)
    {
        var last = 0L;
        for (var gap = reader.Read(); gap != 0; gap = reader.Read())
        {
            last += gap - 1;
            var receipt = (int)reader.Read();
            var delivery = (int)reader.Read();
            var leaseMs = reader.Read();
            _details.Add(last, (receipt, delivery, leaseMs == 0 ? 0 : nowMs + leaseMs - 1));
        }
    }
}

/// <summary>Reads unsigned LEB128 numbers.</summary>
internal ref struct VarintReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public long Read()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var current = _rest[0];
            _rest = _rest[1..];
            value |= (ulong)(current & 0x7F) << shift;
            if (current < 0x80)
                return (long)value;
        }

        throw new InvalidDataException("A window snapshot holds a number of more than 64 bits.");
    }
}
