using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Sequin.Postgres.Replication.Binary;

/// <summary>
/// The text of values whose binary format says it without knowing more. Types by their OIDs in pg_type.dat; all others are asked of
/// the source.
/// </summary>
internal static class BinaryText
{
    private const uint Bool = 16, Bytea = 17, Name = 19, Int8 = 20, Int2 = 21, Int4 = 23, Text = 25, Oid = 26, Json = 114,
        Char = 1042, VarChar = 1043, Uuid = 2950, Jsonb = 3802;

    public static bool Knows(uint type) =>
        type is Bool or Bytea or Name or Int8 or Int2 or Int4 or Text or Oid or Json or Char or VarChar or Uuid or Jsonb;

    /// <summary>Bytes of the text at most; of a type that is not known, what its value has in binary.</summary>
    public static long LengthMax(uint type, int length) => type switch
    {
        Bytea => 2 + (2L * length),
        Int2 or Int4 or Int8 or Oid => 20,
        Uuid => 36,
        _ => length,
    };

    public static void Write(uint type, ReadOnlySpan<byte> value, IBufferWriter<byte> into)
    {
        switch (type)
        {
            case Bool:
                into.Write(value[0] == 0 ? "f"u8 : "t"u8);
                break;
            case Bytea:
                WriteHex(value, into);
                break;
            case Int2:
                WriteNumber(BinaryPrimitives.ReadInt16BigEndian(value), into);
                break;
            case Int4:
                WriteNumber(BinaryPrimitives.ReadInt32BigEndian(value), into);
                break;
            case Int8:
                WriteNumber(BinaryPrimitives.ReadInt64BigEndian(value), into);
                break;
            case Oid:
                WriteNumber(BinaryPrimitives.ReadUInt32BigEndian(value), into);
                break;
            case Uuid:
                into.Write(Encoding.ASCII.GetBytes(new Guid(value, bigEndian: true).ToString()));
                break;
            case Jsonb:
                // A version byte, then the text.
                into.Write(value[1..]);
                break;
            default:
                into.Write(value);
                break;
        }
    }

    private static void WriteNumber(long value, IBufferWriter<byte> into)
    {
        var span = into.GetSpan(20);
        value.TryFormat(span, out var written, default, CultureInfo.InvariantCulture);
        into.Advance(written);
    }

    private static void WriteHex(ReadOnlySpan<byte> value, IBufferWriter<byte> into)
    {
        const int step = 16 * 1024;
        into.Write("\\x"u8);
        for (; !value.IsEmpty; value = value[Math.Min(step, value.Length)..])
        {
            var part = value[..Math.Min(step, value.Length)];
            Convert.TryToHexStringLower(part, into.GetSpan(part.Length * 2), out var written);
            into.Advance(written);
        }
    }
}
