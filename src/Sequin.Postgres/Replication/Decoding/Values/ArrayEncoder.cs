using System.Buffers;
using System.Text;

namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary>
/// <c>[0:1][1:2]={{a,NULL},{"b c",d}}</c> becomes a list of lists; the bounds in front are ignored. PostgreSQL manual 8.15.6.
/// </summary>
internal sealed class ArrayEncoder(ColumnEncoder element, byte delimiter = (byte)',') : ColumnEncoder
{
    // MAXDIM in PostgreSQL's sources: also the bound of the recursion.
    private const int DimensionsMax = 6;

    private static readonly SearchValues<byte> BoundsCharacters = SearchValues.Create("[]:-+0123456789"u8);

    private readonly SearchValues<byte> _itemEnd = SearchValues.Create([delimiter, (byte)'{', (byte)'}', (byte)'"', (byte)'\\']);

    protected override bool TryEncode(ReadOnlySpan<byte> text, JsonBuffer output)
    {
        if (text is [(byte)'[', ..])
        {
            var equals = text.IndexOf((byte)'=');
            if (equals < 0 || text[..equals].ContainsAnyExcept(BoundsCharacters))
                return false;
            text = text[(equals + 1)..];
        }

        return TryEncodeDimension(ref text, output, dimension: 1) && text.IsEmpty;
    }

    private bool TryEncodeDimension(ref ReadOnlySpan<byte> rest, JsonBuffer output, int dimension)
    {
        if (dimension > DimensionsMax || rest is not [(byte)'{', ..])
            return false;
        rest = rest[1..];
        output.WriteByte((byte)'[');

        if (rest is not [(byte)'}', ..])
        {
            while (true)
            {
                if (!TryEncodeItem(ref rest, output, dimension) || rest.IsEmpty)
                    return false;
                if (rest[0] == (byte)'}')
                    break;
                if (rest[0] != delimiter)
                    return false;
                rest = rest[1..];
                output.WriteByte((byte)',');
            }
        }

        rest = rest[1..];
        output.WriteByte((byte)']');
        return true;
    }

    private bool TryEncodeItem(ref ReadOnlySpan<byte> rest, JsonBuffer output, int dimension) => rest switch
    {
        [(byte)'{', ..] => TryEncodeDimension(ref rest, output, dimension + 1),
        [(byte)'"', ..] => TryEncodeQuoted(ref rest, output),
        _ => TryEncodeBare(ref rest, output),
    };

    private bool TryEncodeQuoted(ref ReadOnlySpan<byte> rest, JsonBuffer output)
    {
        var mark = output.Scratch.Length;
        if (!QuotedText.TryTake(ref rest, output.Scratch, doubledQuotes: false, out var text))
            return false;
        element.Encode(text, output);
        output.Scratch.TruncateTo(mark);
        return true;
    }

    private bool TryEncodeBare(ref ReadOnlySpan<byte> rest, JsonBuffer output)
    {
        var end = rest.IndexOfAny(_itemEnd);
        if (end <= 0)
            return false;

        var text = rest[..end];
        rest = rest[end..];
        if (Ascii.EqualsIgnoreCase(text, "NULL"u8))
            output.WriteNull();
        else
            element.Encode(text, output);
        return true;
    }
}
