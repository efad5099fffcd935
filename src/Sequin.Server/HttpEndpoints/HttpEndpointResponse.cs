using System.Text.Json.Serialization;
using Sequin.Grains.Webhooks;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Server.HttpEndpoints;

/// <summary>An HTTP endpoint. Never holds a secret, but for a signing secret that has just been made.</summary>
internal sealed record HttpEndpointResponse
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Url { get; init; }
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>As published: how many there are.</summary>
    public required string EncryptedHeaders { get; init; }
    public required IReadOnlyList<string> EncryptedHeaderNames { get; init; }

    /// <summary>In the answer to the creation and to a rotation, and nowhere else.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SigningSecret { get; init; }

    /// <summary>Until when the former signing secret signs too; null: there is none.</summary>
    public required DateTimeOffset? FormerSigningSecretUntil { get; init; }

    /// <summary>Whether requests of the process that answers reach it; only when one endpoint is asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CircuitState? Circuit { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    public static HttpEndpointResponse Of(HttpEndpointRecord endpoint, DateTimeOffset now) => new()
    {
        Id = endpoint.Id.Value,
        Name = endpoint.Name,
        Url = endpoint.Url.OriginalString,
        Headers = endpoint.Headers.ToDictionary(header => header.Name, header => header.Value),
        EncryptedHeaders = $"({endpoint.Secrets.Headers.Count} encrypted header(s))",
        EncryptedHeaderNames = [.. endpoint.Secrets.Headers.Select(header => header.Name)],
        FormerSigningSecretUntil = endpoint.Secrets.FormerUntil > now ? endpoint.Secrets.FormerUntil : null,
        CreatedAt = endpoint.CreatedAt,
        UpdatedAt = endpoint.UpdatedAt,
    };

    public static HttpEndpointResponse WithSecret(HttpEndpointRecord endpoint, DateTimeOffset now) =>
        Of(endpoint, now) with { SigningSecret = endpoint.Secrets.Signing };
}
