using Sequin.Core.Identity;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>An HTTP endpoint as the catalog holds it; its secrets are decrypted here and nowhere else.</summary>
public sealed record HttpEndpointRecord
{
    public required HttpEndpointId Id { get; init; }
    public required string Name { get; init; }
    public required Uri Url { get; init; }

    /// <summary>Sent with every request, in this order.</summary>
    public IReadOnlyList<EndpointHeader> Headers { get; init; } = [];
    public required EndpointSecrets Secrets { get; init; }

    /// <summary>Rises with every update.</summary>
    public long Revision { get; init; } = 1;
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>A header of a user's own.</summary>
public readonly record struct EndpointHeader(string Name, string Value);
