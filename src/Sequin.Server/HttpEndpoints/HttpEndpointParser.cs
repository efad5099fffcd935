using System.Text.Json;
using Sequin.Core.Identity;
using Sequin.Grains.Webhooks;
using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.HttpEndpoints;

/// <summary>Checks requests for HTTP endpoints, and says all that is wrong at once. No secret is ever repeated.</summary>
internal static class HttpEndpointParser
{
    private const long KeepFormerMsDefault = 24 * 3_600_000L;
    private const long KeepFormerMsMax = 168 * 3_600_000L;
    private const string SecretRule = "must be whsec_ and 24 to 64 bytes in base64; without it one is made";

    /// <exception cref="ProblemException">422, with every field that is not valid.</exception>
    public static HttpEndpointRecord Create(HttpEndpointRequest request)
    {
        var errors = new FieldErrors();
        var signing = Signing(errors, request.SigningSecret);
        return Read(errors, request, new HttpEndpointRecord
        {
            Id = HttpEndpointId.New(),
            Name = "",
            Url = null!,
            Secrets = new EndpointSecrets { Signing = signing },
        });
    }

    /// <summary>All settings anew: what is not given is none.</summary>
    public static HttpEndpointRecord Replace(HttpEndpointRecord present, HttpEndpointRequest request) => Change(present, request with
    {
        Name = request.Name ?? "",
        Url = request.Url ?? "",
        Headers = request.Headers ?? new Dictionary<string, string?>(),
        EncryptedHeaders = request.EncryptedHeaders ?? new Dictionary<string, string?>(),
    });

    /// <summary>The settings that are given; the rest stays.</summary>
    public static HttpEndpointRecord Change(HttpEndpointRecord present, HttpEndpointRequest request)
    {
        var errors = new FieldErrors();
        if (request.SigningSecret is not null)
            errors.Add("signing_secret", "is changed by POST …/rotate_secret, so that receivers can follow");
        return Read(errors, request with
        {
            Name = request.Name ?? present.Name,
            Url = request.Url ?? present.Url.OriginalString,
        }, present);
    }

    public static HttpEndpointRecord Rotate(HttpEndpointRecord present, RotateSecretRequest request, DateTimeOffset now)
    {
        var errors = new FieldErrors();
        var secrets = present.Secrets;
        var signing = Signing(errors, request.SigningSecret);
        if (signing == secrets.Signing)
            errors.Add("signing_secret", "is the present one");
        var keepFormer = KeepFormer(request.KeepFormerFor);
        errors.ThrowIfAny();
        return present with
        {
            Secrets = new EndpointSecrets
            {
                Headers = secrets.Headers,
                Signing = signing,
                FormerSigning = keepFormer > TimeSpan.Zero ? secrets.Signing : null,
                FormerUntil = keepFormer > TimeSpan.Zero ? now + keepFormer : null,
            },
        };
    }

    private static HttpEndpointRecord Read(FieldErrors errors, HttpEndpointRequest request, HttpEndpointRecord present)
    {
        RefuseUnsupported(errors, request);
        var name = errors.Name("name", request.Name);
        if (string.IsNullOrEmpty(request.Url))
            errors.Add("url", "is required");
        else if (EndpointUrl.Refusal(request.Url) is { } refusal)
            errors.Add("url", refusal);

        var headers = request.Headers is null ? present.Headers : Headers(errors, "headers", request.Headers);
        var secret = request.EncryptedHeaders is null
            ? present.Secrets.Headers
            : Headers(errors, "encrypted_headers", request.EncryptedHeaders);
        CheckTogether(errors, [.. headers, .. secret]);
        errors.ThrowIfAny();
        return present with
        {
            Name = name,
            Url = new Uri(request.Url!),
            Headers = headers,
            Secrets = new EndpointSecrets
            {
                Headers = secret,
                Signing = present.Secrets.Signing,
                FormerSigning = present.Secrets.FormerSigning,
                FormerUntil = present.Secrets.FormerUntil,
            },
        };
    }

    private static void RefuseUnsupported(FieldErrors errors, HttpEndpointRequest request)
    {
        foreach (var (field, value) in new[]
        {
            ("webhook.site", request.WebhookSite), ("local", request.Local), ("use_local_tunnel", request.UseLocalTunnel),
        })
        {
            if (value == true)
                errors.Add(field, "is not supported: give a url that this server reaches");
        }

        if (request.Path is not null)
            errors.Add("path", "is not supported: put it into url, or into a consumer's http_endpoint_path");
    }

    private static List<EndpointHeader> Headers(FieldErrors errors, string field, IReadOnlyDictionary<string, string?> given)
    {
        var headers = new List<EndpointHeader>();
        foreach (var (name, value) in given)
        {
            var shown = $"{field}.{Shown.Short(name)}";
            if (HeaderRules.RefusalOfName(name) is { } wrongName)
                errors.Add(shown, wrongName);
            else if (value is null)
                errors.Add(shown, "is null; leave it out instead");
            else if (HeaderRules.RefusalOfValue(name, value) is { } wrongValue)
                errors.Add(shown, wrongValue);
            else
                headers.Add(new EndpointHeader(name, value));
        }

        return headers;
    }

    private static void CheckTogether(FieldErrors errors, List<EndpointHeader> headers)
    {
        if (headers.Count > HeaderRules.CountMax)
            errors.Add("headers", $"are {headers.Count} with the encrypted ones; at most {HeaderRules.CountMax} can be");
        var characters = headers.Sum(header => header.Name.Length + header.Value.Length);
        if (characters > HeaderRules.TotalCharactersMax)
            errors.Add("headers", $"have {characters} characters with the encrypted ones; at most {HeaderRules.TotalCharactersMax} can be");
        foreach (var twice in headers.GroupBy(header => header.Name, StringComparer.OrdinalIgnoreCase).Where(same => same.Count() > 1))
            errors.Add("headers", $"have {twice.Key} twice, here or in encrypted_headers; case does not matter");
    }

    private static string Signing(FieldErrors errors, string? secret)
    {
        if (secret is null)
            return SigningSecret.New();
        if (!SigningSecret.IsValid(secret))
            errors.Add("signing_secret", SecretRule);
        return secret;
    }

    private static TimeSpan KeepFormer(JsonElement? value)
    {
        var ms = value switch
        {
            null or { ValueKind: JsonValueKind.Null } => KeepFormerMsDefault,
            { ValueKind: JsonValueKind.Number } number when number.TryGetInt64(out var whole) => whole,
            { ValueKind: JsonValueKind.String } text when DurationText.ParseMs(text.GetString()) is { } parsed => parsed,
            _ => throw new ProblemException(Problem.WrongType(
                "keep_former_for must be a duration: milliseconds, or text such as \"24h\".")),
        };
        return ms is >= 0 and <= KeepFormerMsMax
            ? TimeSpan.FromMilliseconds(ms)
            : throw new ProblemException(Problem.OutOfRange(
                $"keep_former_for is {ms} ms; it must be from 0 to {KeepFormerMsMax} (168 h)."));
    }
}
