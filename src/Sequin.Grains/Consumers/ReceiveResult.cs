namespace Sequin.Grains.Consumers;

/// <summary>The answer to a receive.</summary>
/// <param name="Outcome">Whether the consumer exists and took the request.</param>
/// <param name="Messages">Leased messages, in order within each group. Empty: nothing came in time.</param>
/// <param name="Suffix">
/// What closes each message's JSON (<see cref="Core.Segments.MessageEnvelope"/>): the consumer's and the database's object.
/// </param>
[GenerateSerializer, Immutable, Alias("sequin.receive-result")]
public sealed record ReceiveResult(
    [property: Id(0)] ReceiveOutcome Outcome, [property: Id(1)] LeasedMessage[] Messages, [property: Id(2)] byte[] Suffix)
{
    public static readonly ReceiveResult Gone = new(ReceiveOutcome.Gone, [], []);
}

public enum ReceiveOutcome
{
    Ok = 0,

    /// <summary>No such consumer: deleted, or never there.</summary>
    Gone = 1,

    /// <summary>The consumer is paused: nothing is leased until it is active again.</summary>
    Paused = 2,

    /// <summary>The consumer is disabled, and takes no receives.</summary>
    Disabled = 3,

    /// <summary>As many receives wait as the consumer allows.</summary>
    TooManyWaiting = 4,

    /// <summary>The consumer pushes to a webhook.</summary>
    NotPullable = 5,
}

/// <summary>One leased message.</summary>
/// <param name="Receipt">The <c>ack_id</c>.</param>
/// <param name="Offset">Its place in the stream.</param>
/// <param name="DeliveryCount">From 1.</param>
/// <param name="Stored">Its JSON as it stands in the segment, without consumer and database; a slice of the segment, not a copy.</param>
[GenerateSerializer, Immutable, Alias("sequin.leased-message")]
public readonly record struct LeasedMessage(
    [property: Id(0)] string Receipt, [property: Id(1)] long Offset, [property: Id(2)] int DeliveryCount,
    [property: Id(3)] ReadOnlyMemory<byte> Stored);
