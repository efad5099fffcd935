namespace Sequin.Postgres.Log.Catalog;

/// <summary>What of an HTTP endpoint nobody may see again. A class and no record: its text form must not show its values.</summary>
public sealed class EndpointSecrets
{
    /// <summary>Headers whose values are secret, in the order they are sent in.</summary>
    public IReadOnlyList<EndpointHeader> Headers { get; init; } = [];

    /// <summary><c>whsec_…</c>, as Standard Webhooks writes it.</summary>
    public required string Signing { get; init; }

    /// <summary>The one before, which signs too until <see cref="FormerUntil"/>, so that a receiver can change over in its own time.</summary>
    public string? FormerSigning { get; init; }
    public DateTimeOffset? FormerUntil { get; init; }

    /// <summary>All that sign now, the present one first.</summary>
    public IReadOnlyList<string> SigningAt(DateTimeOffset now) =>
        FormerSigning is { } former && FormerUntil > now ? [Signing, former] : [Signing];
}
