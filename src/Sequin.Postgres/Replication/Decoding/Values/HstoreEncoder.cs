namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary><c>"a"=>"1", "b"=>NULL</c> becomes <c>{"a":"1","b":null}</c>: hstore's values are text.</summary>
internal sealed class HstoreEncoder : ColumnEncoder
{
    public static readonly HstoreEncoder Instance = new();

    protected override bool TryEncode(ReadOnlySpan<byte> text, JsonBuffer output)
    {
        output.WriteByte((byte)'{');
        for (var first = true; !text.IsEmpty; first = false)
        {
            if (!first && !TrySkip(ref text, ", "u8))
                return false;
            if (!first)
                output.WriteByte((byte)',');
            if (!TryEncodeQuoted(ref text, output) || !TrySkip(ref text, "=>"u8))
                return false;

            output.WriteByte((byte)':');
            if (TrySkip(ref text, "NULL"u8))
                output.WriteNull();
            else if (!TryEncodeQuoted(ref text, output))
                return false;
        }

        output.WriteByte((byte)'}');
        return true;
    }

    private static bool TryEncodeQuoted(ref ReadOnlySpan<byte> rest, JsonBuffer output)
    {
        var mark = output.Scratch.Length;
        if (!QuotedText.TryTake(ref rest, output.Scratch, doubledQuotes: false, out var text))
            return false;
        output.WriteString(text);
        output.Scratch.TruncateTo(mark);
        return true;
    }

    private static bool TrySkip(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> expected)
    {
        if (!rest.StartsWith(expected))
            return false;
        rest = rest[expected.Length..];
        return true;
    }
}
