using System.Buffers.Binary;

namespace Sequin.Grains.Consumers;

/// <summary>The durable state of a consumer. Never mutated, only replaced, because storage serializes it off the grain's scheduler.</summary>
internal sealed record ConsumerSnapshot
{
    private const int HeaderBytes = sizeof(long) + 1;

    /// <summary>When it was written, in milliseconds since the Unix epoch by the writer's clock.</summary>
    public long WrittenAtMs { get; init; }

    /// <summary>The last one of a clean stop: its activation leased nothing after it.</summary>
    public bool IsClean { get; init; }

    /// <summary>The bytes of the window (<see cref="Core.Windows.ConsumerWindow"/>).</summary>
    public ReadOnlyMemory<byte> Window { get; init; }

    /// <summary>int64 time, little-endian; byte clean; the window.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[HeaderBytes + Window.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, WrittenAtMs);
        bytes[sizeof(long)] = IsClean ? (byte)1 : (byte)0;
        Window.Span.CopyTo(bytes.AsSpan(HeaderBytes));
        return bytes;
    }

    public static ConsumerSnapshot FromBytes(ReadOnlyMemory<byte> bytes) => new()
    {
        WrittenAtMs = BinaryPrimitives.ReadInt64LittleEndian(bytes.Span),
        IsClean = bytes.Span[sizeof(long)] != 0,
        Window = bytes[HeaderBytes..],
    };
}
