namespace Sequin.Grains.Webhooks;

/// <summary>What the URL of an HTTP endpoint may be, and what a consumer's path makes of it.</summary>
public static class EndpointUrl
{
    public const int CharactersMax = 2000;

    /// <summary>Of a path behind it.</summary>
    public const int PathCharactersMax = 1000;

    /// <summary>DNS has no longer names.</summary>
    private const int HostCharactersMax = 253;

    /// <returns>Why it cannot be; null when it can.</returns>
    public static string? Refusal(string url)
    {
        if (url.Length > CharactersMax)
            return $"has more than {CharactersMax} characters";
        if (url.AsSpan().ContainsAny(' ', '\\') || url.Any(char.IsControl))
            return "has spaces, backslashes or control characters; write them percent-encoded";
        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Host.Length == 0)
            return "must be a whole URL, such as https://example.com/hook";
        if (parsed.Scheme != Uri.UriSchemeHttps && parsed.Scheme != Uri.UriSchemeHttp)
            return $"has the scheme {parsed.Scheme}; it must be https or http";
        if (parsed.HostNameType is not (UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6)
            || parsed.IdnHost.Length > HostCharactersMax)
            return "has a host that is neither a name nor an address";
        if (parsed.UserInfo.Length > 0)
            return "holds a user or a password; put them into encrypted_headers, as authorization";
        if (parsed.Fragment.Length > 0 || url.Contains('#', StringComparison.Ordinal))
            return "has a fragment (#…), which is never sent";
        return parsed.Port == 0 ? "has the port 0" : null;
    }

    /// <returns>Why a path cannot go behind it; null when it can, or when there is none.</returns>
    public static string? RefusalOfPath(string? path)
    {
        if (path is { Length: > PathCharactersMax })
            return $"has more than {PathCharactersMax} characters";
        return path?.Any(c => c is <= ' ' or '#' or '?' or '\\' or > '~') == true
            ? "can have a path only: printable ASCII without spaces, '?', '#' and backslashes"
            : null;
    }

    /// <summary>A path goes behind that of the URL; the URL's query stays at the end.</summary>
    public static Uri With(Uri url, string? path)
    {
        if (string.IsNullOrEmpty(path))
            return url;
        var whole = new UriBuilder(url);
        whole.Path = $"{whole.Path.TrimEnd('/')}/{path.TrimStart('/')}";
        return whole.Uri;
    }
}
