using System.Buffers;

namespace Sequin.Core.Windows;

/// <summary>
/// Writes a window's state. All numbers are unsigned LEB128 varints:
/// <code>
/// version, flags (1: exact), generation, touched, reserved, longest lease ms
/// run*      unfinished offsets up to touched: gap to the end of the run before (first: to 0) × 2 + (1: more than one, length follows)
/// 0
/// detail*   for the unfinished in order, those that are alike as one, until each has one:
///           count × 8 + n, where n below 7 is receipt and delivery both, and 7 says that receipt, delivery, hold follow
/// parked*   groups of which every message up to touched and from an offset on is unfinished, too: group, that offset
/// 0
/// hold      (ms left of the lease or delay + 1, 0: none) × 8 + (4: dying) + (2: delayed) + (1: the receipt is void)
/// </code>
/// 10,000 unfinished messages in random holes are below 20 kB, in one stretch a few bytes.
/// </summary>
internal ref struct SnapshotWriter(IBufferWriter<byte> output)
{
    public const int Version = 2;
    public const int FlagExact = 1;
    public const int AlikeBits = 3;
    public const int Alike = (1 << AlikeBits) - 1;

    private readonly List<(int Count, SnapshotDetail Detail)> _details = [];
    private long _runStart;
    private long _runEnd = -1;
    private long _lastRunEnd;

    public readonly void Begin(bool exact, int generation, long touched, long reserved, long longestMs)
    {
        Write(Version);
        Write(exact ? FlagExact : 0);
        Write(generation);
        Write(touched);
        Write(reserved);
        Write(longestMs);
    }

    /// <summary>Adds an unfinished message; offsets rise and are above 0.</summary>
    public void Add(long offset, SnapshotDetail detail)
    {
        if (_runEnd >= 0 && offset == _runEnd + 1)
        {
            _runEnd = offset;
        }
        else
        {
            EndRun();
            _runStart = _runEnd = offset;
        }

        if (_details.Count > 0 && _details[^1].Detail == detail)
            _details[^1] = (_details[^1].Count + 1, detail);
        else
            _details.Add((1, detail));
    }

    /// <summary>Behind the last message, before the parked groups.</summary>
    public void EndMessages()
    {
        EndRun();
        Write(0);
        foreach (var (count, detail) in _details)
        {
            var (receipt, delivery, hold) = detail;
            var isShort = receipt == delivery && receipt < Alike && hold == 0;
            Write(((long)count << AlikeBits) | (long)(isShort ? receipt : Alike));
            if (isShort)
                continue;
            Write(receipt);
            Write(delivery);
            Write(hold);
        }
    }

    public readonly void AddParked(ulong group, long first)
    {
        Write((long)group);
        Write(first);
    }

    public readonly void End() => Write(0);

    private void EndRun()
    {
        if (_runEnd < 0)
            return;
        var more = _runEnd > _runStart;
        Write(((_runStart - _lastRunEnd) << 1) | (more ? 1L : 0));
        if (more)
            Write(_runEnd - _runStart + 1);
        _lastRunEnd = _runEnd;
    }

    private readonly void Write(long value)
    {
        const int bytesMax = 10;
        var span = output.GetSpan(bytesMax);
        var rest = (ulong)value;
        var length = 0;
        while (rest >= 0x80)
        {
            span[length++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        span[length++] = (byte)rest;
        output.Advance(length);
    }
}
