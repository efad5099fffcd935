namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary>The quoting that arrays, composites and hstore share in PostgreSQL's text.</summary>
internal static class QuotedText
{
    private const byte Quote = (byte)'"';
    private const byte Backslash = (byte)'\\';

    /// <summary>
    /// Takes <c>"…"</c> off the front, unescaped: <c>\x</c> is x, and <c>""</c> a quote where <paramref name="doubledQuotes"/> says so.
    /// Only text with an escape is copied, to <paramref name="scratch"/>.
    /// </summary>
    public static bool TryTake(ref ReadOnlySpan<byte> rest, ByteBuffer scratch, bool doubledQuotes, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (rest is not [Quote, ..])
            return false;

        var body = rest[1..];
        var mark = scratch.Length;
        while (true)
        {
            var special = body.IndexOfAny(Quote, Backslash);
            if (special < 0)
                return false;

            var isQuote = body[special] == Quote;
            var next = special + 1 < body.Length ? body[special + 1] : (byte)0;
            if (isQuote && !(doubledQuotes && next == Quote))
            {
                text = Join(scratch, mark, body[..special]);
                rest = body[(special + 1)..];
                return true;
            }

            if (special + 1 == body.Length)
                return false;
            scratch.Write(body[..special]);
            scratch.WriteByte(next);
            body = body[(special + 2)..];
        }
    }

    private static ReadOnlySpan<byte> Join(ByteBuffer scratch, int mark, ReadOnlySpan<byte> last)
    {
        if (scratch.Length == mark)
            return last;
        scratch.Write(last);
        return scratch.From(mark);
    }
}
