using System.Globalization;

namespace Sequin.Server.Requests;

/// <summary>
/// A duration as clients write it: whole milliseconds (<c>1500</c>, also as digits in a string), or a whole number with a unit:
/// <c>"1500ms"</c>, <c>"60s"</c>, <c>"5m"</c>, <c>"12h"</c>.
/// </summary>
internal static class DurationText
{
    private static readonly (string Unit, long Ms)[] Units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];

    /// <returns>Milliseconds; null when the text is no duration, or too long a one to count.</returns>
    public static long? ParseMs(ReadOnlySpan<char> text)
    {
        var digits = text.IndexOfAnyExceptInRange('0', '9');
        if (digits < 0)
            return Number(text);

        foreach (var (unit, ms) in Units)
        {
            if (!text[digits..].SequenceEqual(unit))
                continue;
            return Number(text[..digits]) is { } number && number <= long.MaxValue / ms ? number * ms : null;
        }

        return null;
    }

    private static long? Number(ReadOnlySpan<char> digits) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
