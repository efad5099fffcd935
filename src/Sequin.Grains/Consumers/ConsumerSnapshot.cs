namespace Sequin.Grains.Consumers;

/// <summary>
/// The durable state of a consumer: the bytes of its window (<see cref="Core.Windows.ConsumerWindow"/>). Never mutated, only
/// replaced, because storage serializes it off the grain's scheduler.
/// </summary>
internal sealed record ConsumerSnapshot
{
    public byte[] Window { get; init; } = [];
}
