namespace Sequin.Core.Windows;

/// <summary>Reads unsigned LEB128 numbers.</summary>
internal ref struct VarintReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public long Read()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_rest.IsEmpty)
                throw new InvalidDataException("A window snapshot ends in the middle.");
            var current = _rest[0];
            _rest = _rest[1..];
            value |= (ulong)(current & 0x7F) << shift;
            if (current < 0x80)
                return (long)value;
        }

        throw new InvalidDataException("A window snapshot holds a number of more than 64 bits.");
    }
}
