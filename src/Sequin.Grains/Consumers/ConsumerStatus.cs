namespace Sequin.Grains.Consumers;

/// <summary>What a consumer is doing, in messages.</summary>
/// <param name="InFlight">Leased and not yet finished.</param>
/// <param name="Ready">Could be leased now.</param>
/// <param name="Unfinished">Seen and not finished: in flight, ready, delayed, or waiting behind another of their group.</param>
/// <param name="Floor">Every offset up to this one is finished.</param>
/// <param name="Head">The last offset of the stream.</param>
[GenerateSerializer, Immutable, Alias("sequin.consumer-status")]
public sealed record ConsumerStatus(
    [property: Id(0)] int InFlight, [property: Id(1)] int Ready, [property: Id(2)] int Unfinished, [property: Id(3)] long Floor,
    [property: Id(4)] long Head);
