using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary>
/// A buffer that JSON is written to. Hot path. Escapes what RFC 8259 asks for and nothing else: text that is not ASCII stays as
/// it is.
/// </summary>
internal sealed class JsonBuffer : ByteBuffer
{
    // "\u0000": six bytes for one.
    private const int EscapedBytesMax = 6;

    private static readonly SearchValues<byte> MustEscape =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(code => (byte)code), (byte)'"', (byte)'\\']);

    /// <summary>A stack for the elements of arrays and composites while they are unescaped; who pushes also takes back.</summary>
    public ByteBuffer Scratch { get; } = new();

    /// <summary>A value did not fit what is known of its type. Stays set until it is taken back.</summary>
    public bool TypesOutdated { get; set; }

    public void WriteNull() => Write("null"u8);

    public void WriteInteger(long value)
    {
        const int int64DigitsMax = 20;
        Utf8Formatter.TryFormat(value, Room(int64DigitsMax), out var written);
        Advance(written);
    }

    /// <summary>The text as a JSON string, quotes included.</summary>
    public void WriteString(ReadOnlySpan<byte> text)
    {
        var special = text.IndexOfAny(MustEscape);
        if (special >= 0)
        {
            WriteEscaped(text, special);
            return;
        }

        var room = Room(text.Length + 2);
        room[text.Length + 1] = (byte)'"';
        room[0] = (byte)'"';
        text.CopyTo(room[1..]);
        Advance(text.Length + 2);
    }

    public void WriteString(string text) => WriteString(Encoding.UTF8.GetBytes(text));

    /// <summary>
    /// A database can hold text that is not UTF-8 (old versions, corrupted pages), and one such byte would make a receiver refuse
    /// a whole batch. All of JSON's own characters are ASCII, so replacing the invalid bytes leaves its structure alone.
    /// </summary>
    public void ReplaceInvalidUtf8()
    {
        if (Utf8.IsValid(Written))
            return;

        var mark = Scratch.Length;
        Scratch.Write(Written);
        var rest = Scratch.From(mark);
        TruncateTo(0);
        while (!rest.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(rest, out _, out var consumed);
            Write(status == OperationStatus.Done ? rest[..consumed] : "\uFFFD"u8);
            rest = rest[consumed..];
        }

        Scratch.TruncateTo(mark);
    }

    private void WriteEscaped(ReadOnlySpan<byte> text, int special)
    {
        WriteByte((byte)'"');
        while (special >= 0)
        {
            Write(text[..special]);
            Advance(Escape(text[special], Room(EscapedBytesMax)));
            text = text[(special + 1)..];
            special = text.IndexOfAny(MustEscape);
        }

        Write(text);
        WriteByte((byte)'"');
    }

    private static int Escape(byte value, Span<byte> room)
    {
        room[0] = (byte)'\\';
        room[1] = value switch
        {
            (byte)'\n' => (byte)'n',
            (byte)'\r' => (byte)'r',
            (byte)'\t' => (byte)'t',
            (byte)'\b' => (byte)'b',
            (byte)'\f' => (byte)'f',
            (byte)'"' or (byte)'\\' => value,
            _ => (byte)'u',
        };
        if (room[1] != (byte)'u')
            return 2;

        value.TryFormat(room[2..], out _, "x4", CultureInfo.InvariantCulture);
        return EscapedBytesMax;
    }
}
