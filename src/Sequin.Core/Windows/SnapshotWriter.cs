using System.Buffers;

namespace Sequin.Core.Windows;

/// <summary>
/// Writes a window's state. All numbers are unsigned LEB128 varints:
/// <code>
/// version, flags (1: exact), generation, touched, reserved, longest lease ms
/// run*      gap to the end of the run before (first: to 0) + 1, length           unfinished offsets up to touched
/// 0
/// detail*   gap to the detail before + 1, receipt, delivery, remaining lease ms + 1 or 0      those that are not all zero
/// 0
/// </code>
/// 10,000 unfinished messages in random holes are about 20 kB, in one stretch a few bytes.
/// </summary>
internal ref struct SnapshotWriter(IBufferWriter<byte> output)
{
    public const int Version = 1;
    public const int FlagExact = 1;

    private readonly List<Detail> _details = [];
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

    public void Add(long offset, int receipt, int delivery, long leaseMs)
    {
        if (offset == _runEnd + 1 && _runEnd >= 0)
        {
            _runEnd = offset;
        }
        else
        {
            EndRun();
            _runStart = _runEnd = offset;
        }

        if (receipt != 0 || delivery != 0 || leaseMs != 0)
            _details.Add(new Detail(offset, receipt, delivery, leaseMs));
    }

    public void End()
    {
        EndRun();
        Write(0);
        var last = 0L;
        foreach (var detail in _details)
        {
            Write(detail.Offset - last + 1);
            Write(detail.Receipt);
            Write(detail.Delivery);
            Write(detail.LeaseMs);
            last = detail.Offset;
        }

        Write(0);
    }

    private void EndRun()
    {
        if (_runEnd < 0)
            return;
        Write(_runStart - _lastRunEnd + 1);
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

    private readonly record struct Detail(long Offset, int Receipt, int Delivery, long LeaseMs);
}
