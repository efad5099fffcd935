using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Sequin.Core.Changes;
using Sequin.Core.Identity;

namespace Sequin.Core.Segments;

/// <summary>
/// Collects messages of one stream until <see cref="Seal"/> makes them a segment. Hot path: the columns are reused lists, so a
/// message costs no allocation; sealing copies each column once. Not thread safe.
/// </summary>
public sealed class SegmentBuilder(StreamKey stream)
{
    private readonly List<ulong> _groups = [];
    private readonly List<SegmentRun> _runs = [];
    private readonly List<SegmentMove> _moves = [];
    private readonly List<int> _ends = [];
    private readonly List<ushort> _tableOf = [];
    private readonly List<ChangeAction> _actions = [];
    private readonly List<string> _tables = [];
    private readonly Dictionary<string, ushort> _tableNumbers = [];
    private string? _lastTable;
    private ushort _lastTableNumber;
    private long _nextOrdinal;
    private byte[] _payload = new byte[16 * 1024];
    private int _payloadLength;

    public int Count => _ends.Count;
    public int PayloadBytes => _payloadLength;
    public bool IsFull => Count >= SegmentLimits.MessagesMax || _payloadLength >= SegmentLimits.PayloadBytesMax;

    public void Append(in ChangeHeader header, ReadOnlySpan<byte> json)
    {
        AppendRun(header);
        if (header.FormerGroup != 0)
            _moves.Add(new SegmentMove(header.FormerGroup, Count));
        _groups.Add(header.Group);
        _tableOf.Add(TableNumber(header.Table));
        _actions.Add(header.Action);

        EnsureRoom(json.Length + 1);
        json.CopyTo(_payload.AsSpan(_payloadLength));
        _payloadLength += json.Length;
        _ends.Add(_payloadLength);
        _payload[_payloadLength++] = (byte)'\n';
    }

    /// <summary>Makes a segment of all that was appended, and starts anew.</summary>
    public Segment Seal(long baseOffset, SegmentKind kind = SegmentKind.Changes, ConsumerId? audience = null)
    {
        var (earliest, latest) = CommitTimes();
        var segment = new Segment
        {
            Stream = stream,
            BaseOffset = baseOffset,
            Count = Count,
            Kind = kind,
            Audience = audience,
            FirstCommitTimeMicros = earliest,
            LastCommitTimeMicros = latest,
            LastCommitLsn = _runs[^1].CommitLsn,
            Tables = [.. _tables],
            Index = IndexBytes(),
            Payload = _payload.AsSpan(0, _payloadLength).ToArray(),
        };
        Reset();
        return segment;
    }

    // PostgreSQL takes a transaction's time before its place in the WAL: a later one may have committed a little earlier.
    private (long Earliest, long Latest) CommitTimes()
    {
        var (earliest, latest) = (long.MaxValue, long.MinValue);
        foreach (var run in _runs)
        {
            earliest = Math.Min(earliest, run.CommitTimeMicros);
            latest = Math.Max(latest, run.CommitTimeMicros);
        }

        return (earliest, latest);
    }

    // A run ends where the transaction ends, or where a filter left out a change and the ordinals stop being contiguous.
    private void AppendRun(in ChangeHeader header)
    {
        if (_runs.Count == 0 || _runs[^1].CommitLsn != header.CommitLsn || header.Ordinal != _nextOrdinal)
            _runs.Add(new SegmentRun(header.CommitLsn, header.CommitTimeMicros, header.Ordinal, Count));
        _nextOrdinal = header.Ordinal + 1;
    }

    private ushort TableNumber(string table)
    {
        if (ReferenceEquals(table, _lastTable))
            return _lastTableNumber;

        if (!_tableNumbers.TryGetValue(table, out var number))
        {
            number = checked((ushort)_tables.Count);
            _tables.Add(table);
            _tableNumbers.Add(table, number);
        }

        _lastTable = table;
        _lastTableNumber = number;
        return number;
    }

    private void EnsureRoom(int bytes)
    {
        var needed = _payloadLength + bytes;
        if (needed > _payload.Length)
            Array.Resize(ref _payload, Math.Max(needed, _payload.Length * 2));
    }

    private byte[] IndexBytes()
    {
        var runs = MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_runs));
        var moves = MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_moves));
        const int bytesPerMessage = sizeof(ulong) + sizeof(int) + sizeof(ushort) + sizeof(ChangeAction);
        var index = new byte[SegmentIndex.HeaderBytes + runs.Length + moves.Length + (Count * bytesPerMessage)];
        BinaryPrimitives.WriteInt32LittleEndian(index, SegmentIndex.Version);
        BinaryPrimitives.WriteInt32LittleEndian(index.AsSpan(4), Count);
        BinaryPrimitives.WriteInt32LittleEndian(index.AsSpan(8), _runs.Count);
        BinaryPrimitives.WriteInt32LittleEndian(index.AsSpan(12), _moves.Count);

        var rest = index.AsSpan(SegmentIndex.HeaderBytes);
        Put(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_groups)), ref rest);
        Put(runs, ref rest);
        Put(moves, ref rest);
        Put(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_ends)), ref rest);
        Put(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_tableOf)), ref rest);
        Put(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_actions)), ref rest);
        return index;
    }

    private static void Put(ReadOnlySpan<byte> column, ref Span<byte> rest)
    {
        column.CopyTo(rest);
        rest = rest[column.Length..];
    }

    private void Reset()
    {
        _groups.Clear();
        _runs.Clear();
        _moves.Clear();
        _ends.Clear();
        _tableOf.Clear();
        _actions.Clear();
        _tables.Clear();
        _tableNumbers.Clear();
        _lastTable = null;
        _payloadLength = 0;
        // One huge row must not keep its buffer for ever.
        if (_payload.Length > 4 * SegmentLimits.PayloadBytesMax)
            _payload = new byte[SegmentLimits.PayloadBytesMax];
    }
}
