using System.Buffers;

namespace Sequin.Grains.Webhooks;

/// <summary>
/// Bytes that are written at the end, in an array of the pool. Whoever disposes it must know that nobody reads it any more: the
/// next one to take the array writes over it.
/// </summary>
public sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    private const int InitialBytes = 16 * 1024;
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(InitialBytes);

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_bytes.Length - Length < Math.Max(sizeHint, 1))
            Grow(Math.Max(sizeHint, 1));
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, Length) = ([], 0);
    }

    private void Grow(int bytes)
    {
        var needed = checked(Length + bytes);
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Max(needed, Math.Min(_bytes.Length * 2L, Array.MaxLength)));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
