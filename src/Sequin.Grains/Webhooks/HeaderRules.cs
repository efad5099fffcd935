using System.Buffers;

namespace Sequin.Grains.Webhooks;

/// <summary>Which headers a user may have sent. Those that frame the request, and those that we write, are ours.</summary>
public static class HeaderRules
{
    public const int CountMax = 50;
    public const int NameCharactersMax = 100;
    public const int ValueCharactersMax = 8192;

    /// <summary>Of all names and values together: servers commonly take 16 to 32 KB.</summary>
    public const int TotalCharactersMax = 16 * 1024;

    private static readonly SearchValues<char> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "host", "content-length", "transfer-encoding", "connection", "proxy-connection", "keep-alive", "te", "trailer", "upgrade",
        "expect", "proxy-authenticate", "proxy-authorization", "accept-encoding", "http2-settings", "traceparent", "tracestate",
    };

    private static readonly string[] OurPrefixes = ["webhook-", "sequin-"];

    /// <returns>Why a header cannot be called so; null when it can.</returns>
    public static string? RefusalOfName(string name)
    {
        if (name.Length is 0 or > NameCharactersMax)
            return $"must have 1 to {NameCharactersMax} characters";
        if (name.AsSpan().ContainsAnyExcept(Token))
            return "is no name of a header: it may have letters, digits and !#$%&'*+-.^_`|~ only";
        if (Reserved.Contains(name))
            return "is reserved: it says how the request is sent";
        return OurPrefixes.Any(ours => name.StartsWith(ours, StringComparison.OrdinalIgnoreCase))
            ? "is reserved: headers that begin with webhook- or sequin- are written by the server"
            : null;
    }

    /// <returns>Why a header cannot have this value; null when it can. Never shows the value.</returns>
    public static string? RefusalOfValue(string name, string value)
    {
        if (value.Length > ValueCharactersMax)
            return $"has a value of more than {ValueCharactersMax} characters";
        if (value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return "has a value with line breaks, control characters or characters beyond ASCII";
        if (value.Length > 0 && (value[0] == ' ' || value[^1] == ' '))
            return "has a value that begins or ends with a space, which HTTP does not carry";
        return IsContentEncoding(name) && !IsGzip(value) ? "can only be gzip" : null;
    }

    internal static bool IsContentEncoding(string name) => name.Equals("content-encoding", StringComparison.OrdinalIgnoreCase);

    internal static bool IsGzip(string value) => value.Equals("gzip", StringComparison.OrdinalIgnoreCase);
}
