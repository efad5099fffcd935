namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary>
/// <c>P1Y2M3DT4H5M6.78S</c> (IntervalStyle iso_8601; each part has its own sign, zero is <c>PT0S</c>) becomes the three numbers that
/// PostgreSQL stores, because a month has no fixed number of days and a day no fixed number of hours.
/// </summary>
internal sealed class IntervalEncoder : ColumnEncoder
{
    public static readonly IntervalEncoder Instance = new();

    private const int MicrosecondDigits = 6;
    private const long MicrosPerSecond = 1_000_000;

    protected override bool TryEncode(ReadOnlySpan<byte> text, JsonBuffer output)
    {
        if (!TryParse(text, out var months, out var days, out var micros))
            return false;

        output.Write("{\"months\":"u8);
        output.WriteInteger(months);
        output.Write(",\"days\":"u8);
        output.WriteInteger(days);
        output.Write(",\"microseconds\":"u8);
        output.WriteInteger(micros);
        output.WriteByte((byte)'}');
        return true;
    }

    // Int128: corrupted digits must not overflow, and the sum of the parts of a valid interval fits int64.
    private static bool TryParse(ReadOnlySpan<byte> text, out long months, out long days, out long micros)
    {
        Int128 month = 0, day = 0, micro = 0;
        var inTime = false;
        var parts = 0;
        (months, days, micros) = (0, 0, 0);
        if (text is not [(byte)'P', ..])
            return false;
        text = text[1..];

        while (!text.IsEmpty)
        {
            if (text[0] == (byte)'T')
            {
                if (inTime)
                    return false;
                inTime = true;
                text = text[1..];
                continue;
            }

            if (!TryParseDecimal(ref text, out var value) || text.IsEmpty)
                return false;

            // Only seconds have a fraction; the other units are whole, so dividing loses nothing.
            switch ((inTime, text[0]))
            {
                case (false, (byte)'Y'): month += value / MicrosPerSecond * 12; break;
                case (false, (byte)'M'): month += value / MicrosPerSecond; break;
                case (false, (byte)'D'): day += value / MicrosPerSecond; break;
                case (true, (byte)'H'): micro += value * 3600; break;
                case (true, (byte)'M'): micro += value * 60; break;
                case (true, (byte)'S'): micro += value; break;
                default: return false;
            }

            text = text[1..];
            parts++;
        }

        return parts > 0 && TryNarrow(month, out months) && TryNarrow(day, out days) && TryNarrow(micro, out micros);
    }

    /// <summary>A number with a sign and up to six decimals, in millionths.</summary>
    private static bool TryParseDecimal(ref ReadOnlySpan<byte> text, out Int128 millionths)
    {
        const int wholeDigitsMax = 19;
        var at = text is [(byte)'-', ..] ? 1 : 0;
        var negative = at == 1;
        var start = at;
        millionths = 0;
        while (at < text.Length && char.IsAsciiDigit((char)text[at]))
            millionths = (millionths * 10) + (text[at++] - '0');
        if (at == start || at - start > wholeDigitsMax)
            return false;

        var decimals = 0;
        if (at < text.Length && text[at] == (byte)'.')
        {
            at++;
            for (; at < text.Length && char.IsAsciiDigit((char)text[at]); decimals++)
                millionths = (millionths * 10) + (text[at++] - '0');
            if (decimals is 0 or > MicrosecondDigits)
                return false;
        }

        for (; decimals < MicrosecondDigits; decimals++)
            millionths *= 10;
        if (negative)
            millionths = -millionths;
        text = text[at..];
        return true;
    }

    private static bool TryNarrow(Int128 value, out long narrow)
    {
        narrow = unchecked((long)value);
        return narrow == value;
    }
}
