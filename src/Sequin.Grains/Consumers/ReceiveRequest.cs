namespace Sequin.Grains.Consumers;

/// <param name="BatchSize">Messages at most, 1..1000.</param>
/// <param name="Wait">How long to wait for the first message; zero: not at all.</param>
/// <param name="VisibilityTimeout">How long the lease lasts; null: as the consumer is set.</param>
[GenerateSerializer, Immutable, Alias("sequin.receive-request")]
public sealed record ReceiveRequest(
    [property: Id(0)] int BatchSize, [property: Id(1)] TimeSpan Wait, [property: Id(2)] TimeSpan? VisibilityTimeout = null)
{
    public const int BatchSizeMax = 1000;
}
