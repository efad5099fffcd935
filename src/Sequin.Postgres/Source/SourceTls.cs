using Npgsql;

namespace Sequin.Postgres.Source;

/// <summary>
/// What <c>ssl</c> means. <c>true</c> asks for security without naming a weaker kind, so the server's certificate and name are
/// verified; whoever wants less names it, in PostgreSQL's own words: <c>require</c> encrypts and trusts any certificate.
/// </summary>
public static class SourceTls
{
    public const string Modes = "disable, allow, prefer, require, verify-ca, verify-full";

    public static SslMode Of(bool ssl) => ssl ? SslMode.VerifyFull : SslMode.Disable;

    /// <summary>A name of libpq's <c>sslmode</c>, or <c>no-verify</c>, as other drivers call <c>require</c>.</summary>
    public static bool TryParse(string? text, out SslMode mode)
    {
        SslMode? known = text?.Replace('_', '-').ToLowerInvariant() switch
        {
            "disable" => SslMode.Disable,
            "allow" => SslMode.Allow,
            "prefer" => SslMode.Prefer,
            "require" or "no-verify" => SslMode.Require,
            "verify-ca" => SslMode.VerifyCA,
            "verify-full" => SslMode.VerifyFull,
            _ => null,
        };
        mode = known ?? default;
        return known is not null;
    }
}
