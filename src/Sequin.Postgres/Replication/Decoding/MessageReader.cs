using System.Buffers.Binary;
using Sequin.Core.Changes;

namespace Sequin.Postgres.Replication.Decoding;

/// <summary>
/// Reads one pgoutput message from its bytes. Hot path: spans only. Whatever the bytes are, it ends in a value or in a
/// <see cref="PgOutputFormatException"/>.
/// </summary>
internal ref struct MessageReader(ReadOnlySpan<byte> message, Lsn walStart)
{
    private readonly ReadOnlySpan<byte> _message = message;
    private readonly Lsn _walStart = walStart;

    public int Position { get; private set; }

    public readonly ReadOnlySpan<byte> Message => _message;
    public readonly int Remaining => _message.Length - Position;

    public byte ReadByte() => Read(sizeof(byte))[0];
    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Read(sizeof(ushort)));
    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Read(sizeof(int)));
    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Read(sizeof(uint)));
    public long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(Read(sizeof(long)));
    public Lsn ReadLsn() => new(BinaryPrimitives.ReadUInt64BigEndian(Read(sizeof(ulong))));

    public ReadOnlySpan<byte> Read(int count)
    {
        if ((uint)count > (uint)Remaining)
            throw Invalid("ends too early");
        var bytes = _message.Slice(Position, count);
        Position += count;
        return bytes;
    }

    /// <summary>A string that ends with a zero byte, without it.</summary>
    public ReadOnlySpan<byte> ReadCString()
    {
        var length = _message[Position..].IndexOf((byte)0);
        if (length < 0)
            throw Invalid("has a string without an end");
        var text = _message.Slice(Position, length);
        Position += length + 1;
        return text;
    }

    public readonly void ExpectEnd()
    {
        if (Remaining != 0)
            throw Invalid("is longer than its content");
    }

    public readonly PgOutputFormatException Invalid(string what)
    {
        var type = _message.IsEmpty ? "empty" : $"type 0x{_message[0]:X2}";
        return new PgOutputFormatException(
            $"A pgoutput message ({type}, {_message.Length} bytes, WAL {_walStart}) {what}, seen at byte {Position}.");
    }
}
