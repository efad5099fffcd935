namespace Sequin.Grains.Consumers;

/// <summary>Which of a consumer's messages to list.</summary>
/// <param name="State">Only those in this state.</param>
/// <param name="After">Only those behind this offset. Of <see cref="ListedState.Acked"/>: only those before it; 0: from the last one.</param>
/// <param name="Limit">At most so many, 1..1000.</param>
[GenerateSerializer, Immutable, Alias("sequin.message-page-request")]
public sealed record MessagePageRequest([property: Id(0)] ListedState State, [property: Id(1)] long After, [property: Id(2)] int Limit);

/// <summary>A page, in the order of offsets; of acked ones the last acked first.</summary>
[GenerateSerializer, Immutable, Alias("sequin.message-page")]
public sealed record MessagePage([property: Id(0)] ListedMessage[] Messages);

/// <param name="Offset">Its place in the stream.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Deliveries">How often it was delivered.</param>
/// <param name="DueAt">When its lease or delay ends; of an acked one: when it was acked.</param>
/// <param name="LastDeliveredAt">Null: not since the consumer's activation.</param>
[GenerateSerializer, Immutable, Alias("sequin.listed-message")]
public readonly record struct ListedMessage(
    [property: Id(0)] long Offset, [property: Id(1)] ListedState State, [property: Id(2)] int Deliveries,
    [property: Id(3)] DateTimeOffset? DueAt, [property: Id(4)] DateTimeOffset? LastDeliveredAt);

/// <summary>What a message is doing, as it is shown.</summary>
public enum ListedState
{
    /// <summary>Can be leased.</summary>
    Ready = 1,
    InFlight = 2,

    /// <summary>Given back with a delay.</summary>
    Delayed = 3,

    /// <summary>Behind another message of its group.</summary>
    Blocked = 4,

    /// <summary>Among the last ones that were acked.</summary>
    Acked = 5,

    /// <summary>On its way to the dead letters, or there and halting its group.</summary>
    Dead = 6,
}
