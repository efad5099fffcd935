namespace Sequin.Grains.Webhooks;

/// <summary>What is to be sent to an endpoint.</summary>
public sealed record Delivery
{
    /// <summary>The <c>webhook-id</c>: the same at every attempt, so that a receiver knows what it has seen.</summary>
    public required string Id { get; init; }

    /// <summary>From 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>The body, not compressed. It must stay as it is until the <see cref="SignedRequest"/> is disposed.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Goes behind the endpoint's URL; null: nothing does.</summary>
    public string? Path { get; init; }

    /// <summary>For connection, request and answer together.</summary>
    public required TimeSpan Timeout { get; init; }
}
