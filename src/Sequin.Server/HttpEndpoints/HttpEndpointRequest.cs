using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sequin.Server.HttpEndpoints;

/// <summary>An HTTP endpoint to create or to change.</summary>
internal sealed record HttpEndpointRequest
{
    public string? Name { get; init; }

    /// <summary><c>https://…</c> or <c>http://…</c>, without user and fragment.</summary>
    public string? Url { get; init; }

    /// <summary>Sent with every request.</summary>
    public IReadOnlyDictionary<string, string?>? Headers { get; init; }

    /// <summary>As headers; their values are stored encrypted and never shown again.</summary>
    public IReadOnlyDictionary<string, string?>? EncryptedHeaders { get; init; }

    /// <summary><c>whsec_…</c>. Only at creation. Default: a new one, shown in the answer.</summary>
    public string? SigningSecret { get; init; }

    /// <summary>Published; only false is supported, as for the next two.</summary>
    [JsonPropertyName("webhook.site")]
    public bool? WebhookSite { get; init; }
    public bool? Local { get; init; }
    public bool? UseLocalTunnel { get; init; }

    /// <summary>Published, of local endpoints; a path is the consumer's.</summary>
    public string? Path { get; init; }
}

/// <summary>A new signing secret.</summary>
internal sealed record RotateSecretRequest
{
    /// <summary><c>whsec_…</c>. Default: a new one.</summary>
    public string? SigningSecret { get; init; }

    /// <summary>How long the former secret signs too: a duration, 0 to 168 h. Default: 24 h.</summary>
    public JsonElement? KeepFormerFor { get; init; }
}

/// <summary>What to send to an endpoint, once.</summary>
internal sealed record TestHttpEndpointRequest
{
    /// <summary>Name or id of a consumer: one of its messages, as it would send it. Default: none, a sample message.</summary>
    public string? Consumer { get; init; }

    /// <summary>Which message of the consumer's stream. Default: its oldest unfinished one, or else the last one it finished.</summary>
    public long? Offset { get; init; }

    /// <summary>Goes behind the endpoint's URL. Default: the consumer's, or nothing.</summary>
    public string? Path { get; init; }

    /// <summary>true: <c>{"data":[message]}</c>. false: the bare message. Default: as the consumer does, or true.</summary>
    public bool? Batch { get; init; }
}
