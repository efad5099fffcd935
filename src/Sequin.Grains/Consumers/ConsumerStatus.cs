using Sequin.Grains.Webhooks;

namespace Sequin.Grains.Consumers;

/// <summary>What a consumer is doing, in messages.</summary>
[GenerateSerializer, Immutable, Alias("sequin.consumer-status")]
public sealed record ConsumerStatus
{
    /// <summary>Leased and not yet finished.</summary>
    [Id(0)] public required int InFlight { get; init; }

    /// <summary>Could be leased now.</summary>
    [Id(1)] public required int Ready { get; init; }

    /// <summary>Given back with a delay that is not over.</summary>
    [Id(2)] public required int Delayed { get; init; }

    /// <summary>Waiting behind another message of their group.</summary>
    [Id(3)] public required int Blocked { get; init; }

    /// <summary>Seen and not finished: the sum of the four before and those that are being finished.</summary>
    [Id(4)] public required int Unfinished { get; init; }

    /// <summary>Every offset up to this one is finished.</summary>
    [Id(5)] public required long Floor { get; init; }

    /// <summary>The next offset that is read from the stream; those from here to <see cref="Head"/> are not looked at yet.</summary>
    [Id(6)] public required long NextOffset { get; init; }

    /// <summary>The last offset of the stream.</summary>
    [Id(7)] public required long Head { get; init; }

    /// <summary>Receives that wait for a message.</summary>
    [Id(8)] public required int WaitingReceives { get; init; }

    /// <summary>The groups that hold back the most messages, the worst first; ten at most.</summary>
    [Id(9)] public required BlockedGroup[] BlockedGroups { get; init; }

    /// <summary>Why nothing can be delivered although there are messages; <see cref="DeliveryHold.None"/>: it can.</summary>
    [Id(10)] public required DeliveryHold Hold { get; init; }

    /// <summary>Since its settings of this revision are in effect.</summary>
    [Id(11)] public required long Revision { get; init; }

    /// <summary>Messages since activation whose group columns could not be read: they are ordered by their primary key.</summary>
    [Id(12)] public required long GroupColumnsMissing { get; init; }

    /// <summary>Of a consumer that pushes: whether its endpoint answers; null: it is pulled.</summary>
    [Id(13)] public required CircuitState? Circuit { get; init; }

    /// <summary>Requests to its endpoint that are under way.</summary>
    [Id(14)] public required int Requests { get; init; }
}

/// <summary>A group that waits for one message.</summary>
/// <param name="HeadOffset">The message that holds the others back.</param>
/// <param name="HeadState">What that one is doing.</param>
/// <param name="Waiting">How many messages wait behind it.</param>
[GenerateSerializer, Immutable, Alias("sequin.blocked-group")]
public sealed record BlockedGroup(
    [property: Id(0)] long HeadOffset, [property: Id(1)] ListedState HeadState, [property: Id(2)] int Waiting);

/// <summary>What holds up a consumer that has messages.</summary>
public enum DeliveryHold
{
    None = 0,
    Paused = 1,
    Disabled = 2,

    /// <summary>As many messages are leased as <c>max_ack_pending</c> allows.</summary>
    MaxAckPending = 3,

    /// <summary>All that is unfinished waits behind leased, delayed or halted messages, and more cannot be read ahead.</summary>
    WindowFull = 4,

    /// <summary>After a crash the leases of before are waited for.</summary>
    Recovering = 5,

    /// <summary>The endpoint does not answer, and is left alone for a while.</summary>
    CircuitOpen = 6,
}
