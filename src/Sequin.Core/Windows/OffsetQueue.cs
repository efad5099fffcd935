namespace Sequin.Core.Windows;

/// <summary>
/// Rising offsets, first in first out, as LEB128 varints of the distance to the one before: one or two bytes each where a group is
/// busy.
/// </summary>
internal sealed class OffsetQueue
{
    private const int VarintBytesMax = 10;

    private byte[] _bytes = new byte[16];
    private int _start;
    private int _end;
    private long _last;

    public int Count { get; private set; }

    /// <summary>What it holds of memory.</summary>
    public int CapacityBytes => _bytes.Length;

    /// <summary>The lowest offset; only while there is one.</summary>
    public long First { get; private set; }

    public void Enqueue(long offset)
    {
        if (Count++ == 0)
        {
            First = _last = offset;
            return;
        }

        EnsureRoom();
        var rest = (ulong)(offset - _last);
        _last = offset;
        while (rest >= 0x80)
        {
            _bytes[_end++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        _bytes[_end++] = (byte)rest;
    }

    public void Dequeue()
    {
        if (--Count > 0)
            First += Read(ref _start);
        if (_start == _end)
            _start = _end = 0;
    }

    /// <summary>Adds those above <paramref name="after"/>, in order, to <paramref name="into"/> until it has the limit.</summary>
    public void CopyTo(List<long> into, long after, int limit)
    {
        var offset = First;
        var at = _start;
        for (var i = 0; i < Count && into.Count < limit; i++)
        {
            if (i > 0)
                offset += Read(ref at);
            if (offset > after)
                into.Add(offset);
        }
    }

    private void EnsureRoom()
    {
        if (_bytes.Length - _end >= VarintBytesMax)
            return;
        var length = _end - _start;
        // What was taken from the front is used again before more is asked for.
        var target = length + VarintBytesMax > _bytes.Length / 2 ? new byte[_bytes.Length * 2] : _bytes;
        _bytes.AsSpan(_start, length).CopyTo(target);
        (_bytes, _start, _end) = (target, 0, length);
    }

    private long Read(ref int at)
    {
        var value = 0L;
        for (var shift = 0; ; shift += 7)
        {
            var current = _bytes[at++];
            value |= (long)(current & 0x7F) << shift;
            if (current < 0x80)
                return value;
        }
    }
}
