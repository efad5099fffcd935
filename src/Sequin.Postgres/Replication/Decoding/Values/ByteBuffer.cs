using System.Runtime.CompilerServices;

namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary>
/// Bytes that are written at the end and reused from row to row. Hot path: grows, never allocates per write. Arrays are not
/// pooled, so a span taken before the buffer grew stays what it was.
/// </summary>
internal class ByteBuffer
{
    private const int InitialBytes = 4 * 1024;

    // One huge row must not keep its memory for ever.
    private const int KeptBytesMax = 4 * 1024 * 1024;

    /// <summary>
    /// What a message may have. The log could hold nearly twice as much in one value (PostgreSQL's bound is 1 GiB); but a message is
    /// in memory several times while it is decoded, gathered and written.
    /// </summary>
    public const int BytesMax = 512 * 1024 * 1024;

    private byte[] _bytes = new byte[InitialBytes];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public ReadOnlySpan<byte> From(int start) => _bytes.AsSpan(start, Length - start);

    /// <summary>Takes back what was written after <paramref name="length"/>.</summary>
    public void TruncateTo(int length) => Length = length;

    public void Clear()
    {
        Length = 0;
        if (_bytes.Length > KeptBytesMax)
            _bytes = new byte[InitialBytes];
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        Length += bytes.Length;
    }

    public void WriteByte(byte value)
    {
        Room(1)[0] = value;
        Length++;
    }

    /// <summary>At least so many bytes to write to; <see cref="Advance"/> says how many were.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Room(int bytes)
    {
        if (bytes > _bytes.Length - Length)
            Grow(bytes);
        return _bytes.AsSpan(Length);
    }

    public void Advance(int bytes) => Length += bytes;

    private void Grow(int bytes)
    {
        var needed = (long)Length + bytes;
        if (needed > BytesMax)
            throw new PgOutputFormatException($"A message of at least {needed} bytes is more than the {BytesMax} that one can have.");
        Array.Resize(ref _bytes, (int)Math.Min(BytesMax, Math.Max(needed, _bytes.Length * 2L)));
    }
}
