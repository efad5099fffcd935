namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary>
/// Integers and floats, digit for digit. PostgreSQL prints them in JSON's own grammar (<c>-1.5e-07</c>), apart from NaN and the
/// infinities, which JSON does not have and which stay strings.
/// </summary>
internal sealed class NumberEncoder : ColumnEncoder
{
    public static readonly NumberEncoder Instance = new();

    protected override bool TryEncode(ReadOnlySpan<byte> text, JsonBuffer output)
    {
        if (!IsJsonNumber(text))
            return false;
        output.Write(text);
        return true;
    }

    /// <summary>RFC 8259 §6: <c>-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?</c></summary>
    public static bool IsJsonNumber(ReadOnlySpan<byte> text)
    {
        var at = text is [(byte)'-', ..] ? 1 : 0;
        var whole = Digits(text, at);
        if (whole == 0 || (whole > 1 && text[at] == (byte)'0'))
            return false;
        at += whole;

        if (at < text.Length && text[at] == (byte)'.')
        {
            var fraction = Digits(text, at + 1);
            if (fraction == 0)
                return false;
            at += 1 + fraction;
        }

        if (at < text.Length && (text[at] | 0x20) == 'e')
        {
            at++;
            if (at < text.Length && text[at] is (byte)'+' or (byte)'-')
                at++;
            var exponent = Digits(text, at);
            if (exponent == 0)
                return false;
            at += exponent;
        }

        return at == text.Length;
    }

    private static int Digits(ReadOnlySpan<byte> text, int start)
    {
        var at = start;
        while (at < text.Length && char.IsAsciiDigit((char)text[at]))
            at++;
        return at - start;
    }
}
