namespace Sequin.Grains.Consumers;

/// <param name="BatchSize">Messages at most, 1..1000.</param>
/// <param name="Wait">How long to wait for the first message; zero: not at all.</param>
/// <param name="VisibilityTimeout">How long the lease lasts; null: as the consumer is set.</param>
/// <param name="RequestId">While its lease lasts, the same id gets the same messages and receipts again; null: always new ones.</param>
/// <param name="AutoAck">The messages are finished with the answer: delivered at most once.</param>
[GenerateSerializer, Immutable, Alias("sequin.receive-request")]
public sealed record ReceiveRequest(
    [property: Id(0)] int BatchSize, [property: Id(1)] TimeSpan Wait, [property: Id(2)] TimeSpan? VisibilityTimeout = null,
    [property: Id(3)] string? RequestId = null, [property: Id(4)] bool AutoAck = false)
{
    public const int BatchSizeMax = 1000;
    public const int RequestIdLengthMax = 80;
}
