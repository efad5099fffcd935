namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary>
/// <c>(1,"a b",)</c> becomes an object by the names of the type's attributes; nothing between two commas is NULL. PostgreSQL manual
/// 8.16.6. The value's own number of fields counts: attributes are added at the end, so a value with fewer is from before that. One
/// with more is from before an attribute was dropped, or the definition is from before one was added: then it is worth to ask.
/// </summary>
internal sealed class CompositeEncoder(IReadOnlyList<CompositeEncoder.Attribute> attributes) : ColumnEncoder
{
    /// <param name="Prefix">The name and a colon as JSON, with a comma in front.</param>
    /// <param name="Encoder">Writes the value.</param>
    public readonly record struct Attribute(byte[] Prefix, ColumnEncoder Encoder);

    protected override bool TryEncode(ReadOnlySpan<byte> text, JsonBuffer output)
    {
        if (text is not [(byte)'(', .. var rest, (byte)')'])
            return false;

        output.WriteByte((byte)'{');
        for (var i = 0; i < attributes.Count; i++)
        {
            output.Write(attributes[i].Prefix.AsSpan(i == 0 ? 1 : 0));
            if (!TryEncodeAttribute(ref rest, attributes[i].Encoder, output))
                return false;
            if (rest.IsEmpty)
                return Close(output);
            if (rest[0] != (byte)',')
                return false;
            rest = rest[1..];
        }

        if (attributes.Count == 0 && rest.IsEmpty)
            return Close(output);
        output.TypesOutdated = true;
        return false;
    }

    private static bool Close(JsonBuffer output)
    {
        output.WriteByte((byte)'}');
        return true;
    }

    private static bool TryEncodeAttribute(ref ReadOnlySpan<byte> rest, ColumnEncoder encoder, JsonBuffer output)
    {
        if (rest is [(byte)'"', ..])
        {
            var mark = output.Scratch.Length;
            if (!QuotedText.TryTake(ref rest, output.Scratch, doubledQuotes: true, out var quoted))
                return false;
            encoder.Encode(quoted, output);
            output.Scratch.TruncateTo(mark);
            return true;
        }

        var comma = rest.IndexOf((byte)',');
        var text = comma < 0 ? rest : rest[..comma];
        if (text.ContainsAny((byte)'"', (byte)'\\'))
            return false;
        rest = rest[text.Length..];
        if (text.IsEmpty)
            output.WriteNull();
        else
            encoder.Encode(text, output);
        return true;
    }
}
