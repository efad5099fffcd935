using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Npgsql;

namespace Sequin.Postgres.Source;

/// <summary>
/// Reads <c>postgres://user:password@host:port/database?sslmode=…</c>. Not <see cref="Uri"/>: its errors and its leniency are
/// made for other schemes. No refusal repeats a piece of the URL, because a password with a bare <c>/</c> or <c>?</c> in it can
/// land in any piece.
/// </summary>
public static class SourceUrl
{
    private const string EncodeHint = "Write : / ? # @ % in the user name and in the password percent-encoded (@ is %40).";

    // Settings of other drivers that change nothing for us. channel_binding: Npgsql binds whenever the server offers it.
    private static readonly HashSet<string> IgnoredParameters =
    [
        "application_name", "fallback_application_name", "connect_timeout", "channel_binding", "client_encoding", "gssencmode",
        "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "target_session_attrs",
        "connection_limit", "pool_timeout", "pool_size", "pgbouncer", "schema",
    ];

    /// <exception cref="SourceProblemException">Not a URL we can use, and why, without the password.</exception>
    public static SourceAddress Parse(string url) =>
        TryParse(url, out var address, out var problem) ? address : throw new SourceProblemException(problem);

    public static bool TryParse(
        string? url, [NotNullWhen(true)] out SourceAddress? address, [NotNullWhen(false)] out SourceProblem? problem)
    {
        var parts = new Parts();
        var refusal = Read(url?.Trim() ?? "", parts);
        address = refusal is null ? parts.ToAddress() : null;
        problem = refusal is null ? null : SourceProblem.Error(SourceProblemCode.UrlInvalid, SourceFields.Url, refusal);
        return address is not null;
    }

    private static string? Read(string url, Parts parts)
    {
        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0 || url[..scheme].ToLowerInvariant() is not ("postgres" or "postgresql"))
            return "The URL does not begin with postgres:// or postgresql://.";

        var rest = url[(scheme + 3)..];
        var authorityEnd = rest.IndexOfAny(['/', '?', '#']);
        var authority = authorityEnd < 0 ? rest : rest[..authorityEnd];
        var tail = authorityEnd < 0 ? "" : rest[authorityEnd..];
        if (tail.Contains('@', StringComparison.Ordinal))
            return $"The URL has an @ behind the host. {EncodeHint}";
        if (tail.Contains('#', StringComparison.Ordinal))
            return $"The URL has a #. {EncodeHint}";

        var question = tail.IndexOf('?', StringComparison.Ordinal);
        var path = question < 0 ? tail : tail[..question];
        return ReadUser(authority, parts)
            ?? ReadHost(authority[(authority.LastIndexOf('@') + 1)..], parts)
            ?? ReadDatabase(path, parts)
            ?? ReadParameters(question < 0 ? "" : tail[(question + 1)..], parts)
            ?? parts.Lacking();
    }

    private static string? ReadUser(string authority, Parts parts)
    {
        var end = authority.LastIndexOf('@');
        if (end < 0)
            return null;
        var colon = authority.IndexOf(':', StringComparison.Ordinal);
        var hasPassword = colon >= 0 && colon < end;
        var password = "";
        if (!PercentEncoding.TryDecode(authority[..(hasPassword ? colon : end)], out var user)
            || (hasPassword && !PercentEncoding.TryDecode(authority[(colon + 1)..end], out password)))
            return $"The user name or the password has a % that begins no percent-encoding. {EncodeHint}";
        parts.User = user;
        parts.Password = hasPassword ? password : null;
        return null;
    }

    private static string? ReadHost(string text, Parts parts)
    {
        if (text.Contains(',', StringComparison.Ordinal))
            return "The URL names several hosts. Give one: a slot lives on one server.";

        var bracket = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) : -1;
        if (text.StartsWith('[') && bracket < 0)
            return "The IPv6 address in the URL has no closing bracket.";
        var colon = text.IndexOf(':', bracket + 1);
        var host = bracket >= 0 ? text[1..bracket] : colon < 0 ? text : text[..colon];
        if (!PercentEncoding.TryDecode(host, out var decoded) || decoded.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
            return "The host in the URL is not a host name.";
        parts.Host = decoded;
        return colon < 0 ? null : ReadPort(text[(colon + 1)..], parts);
    }

    private static string? ReadPort(string text, Parts parts)
    {
        if (text.Length == 0)
            return null;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
            return $"The port in the URL is not a number from 1 to 65535. {EncodeHint}";
        parts.Port = port;
        return null;
    }

    private static string? ReadDatabase(string path, Parts parts)
    {
        var name = path.TrimStart('/').TrimEnd('/');
        if (name.Contains('/', StringComparison.Ordinal) || !PercentEncoding.TryDecode(name, out var database))
            return $"The database in the URL is not one name. {EncodeHint}";
        parts.Database = database;
        return null;
    }

    private static string? ReadParameters(string query, Parts parts)
    {
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || !PercentEncoding.TryDecode(pair[(equals + 1)..], out var value))
                return $"A parameter of the URL is not of the form name=value. {EncodeHint}";
            if (ReadParameter(pair[..equals], value, parts) is { } refusal)
                return refusal;
        }

        return null;
    }

    private static string? ReadParameter(string name, string value, Parts parts)
    {
        switch (name)
        {
            case "sslmode":
                parts.SslMode = SourceTls.TryParse(value, out var mode) ? mode : null;
                return parts.SslMode is null ? $"sslmode in the URL is none of {SourceTls.Modes}." : null;
            case "ssl":
                parts.SslMode = bool.TryParse(value, out var ssl) ? SourceTls.Of(ssl) : null;
                return parts.SslMode is null ? "ssl in the URL is neither true nor false." : null;
            case "sslrootcert" when value == "system":
                parts.SslMode ??= SslMode.VerifyFull;
                return null;
            case "sslrootcert" or "sslcert" or "sslkey" or "sslcrl" or "passfile" or "service" or "options":
                return $"The URL's parameter {name} is not supported. A root certificate is named by PGSSLROOTCERT of this server;"
                    + " session settings belong to the role (ALTER ROLE … SET).";
            case "user":
                parts.User = value;
                return null;
            case "password":
                parts.Password = value;
                return null;
            case "host":
                return ReadHost(value.StartsWith('/') || !value.Contains(':', StringComparison.Ordinal) ? value : $"[{value}]", parts);
            case "port":
                return ReadPort(value, parts);
            case "dbname":
                parts.Database = value;
                return null;
            default:
                return IgnoredParameters.Contains(name)
                    ? null
                    : "The URL has a parameter that is not known. Known are sslmode, ssl, user, password, host, port and dbname.";
        }
    }

    private sealed class Parts
    {
        public string Host { get; set; } = "";
        public int Port { get; set; } = SourceAddress.PortDefault;
        public string Database { get; set; } = "";
        public string User { get; set; } = "";
        public string? Password { get; set; }
        public SslMode? SslMode { get; set; }

        public string? Lacking() => this switch
        {
            { Host: "" } => "The URL names no host: postgres://user:password@host:5432/database.",
            { User: "" } => "The URL names no user: postgres://user:password@host:5432/database.",
            { Database: "" } => "The URL names no database: postgres://user:password@host:5432/database.",
            _ => null,
        };

        public SourceAddress ToAddress() => new()
        {
            Hostname = Host,
            Port = Port,
            Database = Database,
            Username = User,
            Password = Password,
            SslMode = SslMode ?? Npgsql.SslMode.Prefer,
        };
    }
}
