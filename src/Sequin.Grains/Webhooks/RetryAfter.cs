using System.Net.Http.Headers;

namespace Sequin.Grains.Webhooks;

/// <summary>Reads Retry-After (RFC 9110, 10.2.3): seconds or a date.</summary>
internal static class RetryAfter
{
    private const string Header = "Retry-After";

    /// <returns>Null: there is none that can be read. At most <see cref="RetryPolicy.RetryAfterMax"/>, at least nothing.</returns>
    public static TimeSpan? Read(HttpResponseHeaders headers, DateTimeOffset now)
    {
        if (!headers.NonValidated.TryGetValues(Header, out var values) || values.Count != 1)
            return null;
        var text = values.ToString().Trim();
        // More digits than a number holds are still a wish to be left alone.
        if (text.Length > 0 && !text.AsSpan().ContainsAnyExceptInRange('0', '9'))
            return Limited(int.TryParse(text, out var seconds) ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue);
        return RetryConditionHeaderValue.TryParse(text, out var parsed) && parsed.Date is { } date ? Limited(date - now) : null;
    }

    private static TimeSpan Limited(TimeSpan asked) =>
        asked < TimeSpan.Zero ? TimeSpan.Zero : asked < RetryPolicy.RetryAfterMax ? asked : RetryPolicy.RetryAfterMax;
}
