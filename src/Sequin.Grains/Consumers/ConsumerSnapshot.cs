using System.Buffers;
using System.Text;

namespace Sequin.Grains.Consumers;

/// <summary>The durable state of a consumer. Never mutated, only replaced, because storage serializes it off the grain's scheduler.</summary>
internal sealed record ConsumerSnapshot
{
    private const byte Version = 2;

    /// <summary>Of it only <see cref="SinceMicros"/> is missing.</summary>
    private const byte VersionWithoutSince = 1;

    /// <summary>When it was written, in milliseconds since the Unix epoch by the writer's clock.</summary>
    public long WrittenAtMs { get; init; }

    /// <summary>The last one of a clean stop: its activation leased nothing after it.</summary>
    public bool IsClean { get; init; }

    /// <summary>How the messages in the window are grouped (<see cref="MessageGroups.Signature"/>).</summary>
    public string Groups { get; init; } = "";

    /// <summary>Messages committed before are passed over; microseconds since the Unix epoch, 0: none.</summary>
    public long SinceMicros { get; init; }

    /// <summary>The bytes of the window (<see cref="Core.Windows.ConsumerWindow"/>).</summary>
    public ReadOnlyMemory<byte> Window { get; init; }

    /// <summary>The bytes of the remembered receives (<see cref="ReceiveMemory"/>); empty: there are none.</summary>
    public ReadOnlyMemory<byte> Receives { get; init; }

    public int SizeBytes => Window.Length + Receives.Length;

    /// <summary>byte version, int64 time, byte clean, string groups, int64 since, int32 length and bytes of the window, the rest the receives.</summary>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream(SizeBytes + 64);
        using var output = new BinaryWriter(stream, Encoding.UTF8);
        output.Write(Version);
        output.Write(WrittenAtMs);
        output.Write(IsClean);
        output.Write(Groups);
        output.Write(SinceMicros);
        output.Write(Window.Length);
        output.Write(Window.Span);
        output.Write(Receives.Span);
        output.Flush();
        return stream.ToArray();
    }

    public static ConsumerSnapshot FromBytes(ReadOnlyMemory<byte> bytes)
    {
        using var stream = new MemoryStream(bytes.ToArray());
        using var input = new BinaryReader(stream, Encoding.UTF8);
        var version = input.ReadByte();
        if (version is not (Version or VersionWithoutSince))
            throw new InvalidDataException($"Consumer state version {version} is unknown; this build reads version {Version}.");
        return new ConsumerSnapshot
        {
            WrittenAtMs = input.ReadInt64(),
            IsClean = input.ReadBoolean(),
            Groups = input.ReadString(),
            SinceMicros = version == VersionWithoutSince ? 0 : input.ReadInt64(),
            Window = input.ReadBytes(input.ReadInt32()),
            Receives = input.ReadBytes((int)(stream.Length - stream.Position)),
        };
    }
}
