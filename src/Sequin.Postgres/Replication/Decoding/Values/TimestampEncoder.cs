using System.Buffers;

namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary>
/// <c>2024-01-01 10:00:00.5</c> becomes <c>2024-01-01T10:00:00.5</c>, and with a time zone <c>2024-01-01 10:00:00.5+00</c> becomes
/// <c>2024-01-01T10:00:00.5Z</c>: the session's zone is UTC. What ISO 8601 cannot say in four digits of year (infinity, BC, years
/// above 9999) keeps PostgreSQL's text.
/// </summary>
internal sealed class TimestampEncoder(bool hasTimeZone) : ColumnEncoder
{
    public static readonly TimestampEncoder WithoutTimeZone = new(hasTimeZone: false);
    public static readonly TimestampEncoder WithTimeZone = new(hasTimeZone: true);

    private const int SecondsEnd = 19;

    private static readonly SearchValues<byte> FractionCharacters = SearchValues.Create(".0123456789"u8);
    private static readonly SearchValues<byte> Characters = SearchValues.Create("-: .0123456789"u8);

    protected override bool TryEncode(ReadOnlySpan<byte> text, JsonBuffer output)
    {
        if (hasTimeZone)
        {
            if (!text.EndsWith("+00"u8))
                return false;
            text = text[..^3];
        }

        if (text.Length < SecondsEnd
            || text[4] != (byte)'-' || text[7] != (byte)'-' || text[10] != (byte)' ' || text[13] != (byte)':' || text[16] != (byte)':'
            || text[..SecondsEnd].ContainsAnyExcept(Characters)
            || text[SecondsEnd..].ContainsAnyExcept(FractionCharacters))
            return false;

        var room = output.Room(text.Length + 3);
        room[0] = (byte)'"';
        text.CopyTo(room[1..]);
        room[1 + 10] = (byte)'T';
        var end = 1 + text.Length;
        if (hasTimeZone)
            room[end++] = (byte)'Z';
        room[end++] = (byte)'"';
        output.Advance(end);
        return true;
    }
}
