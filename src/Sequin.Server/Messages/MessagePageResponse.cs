using System.Text.Json.Serialization;
using Sequin.Grains.Consumers;
using Sequin.Server.Requests;

namespace Sequin.Server.Messages;

/// <summary>Some of a consumer's messages, and how far it was looked.</summary>
/// <param name="Data">Those that are wanted.</param>
/// <param name="Scanned">How many were looked at.</param>
/// <param name="NextAfter">Give it as <c>after</c> to go on; null: there are no more. Of dead ones the id of a dead letter.</param>
/// <param name="Complete">Nothing is left to look at.</param>
internal sealed record MessagePageResponse(IReadOnlyList<MessageResponse> Data, int Scanned, object? NextAfter, bool Complete);

/// <summary>One message, and what it is doing.</summary>
internal sealed record MessageResponse
{
    public required long Offset { get; init; }
    public required ListedState State { get; init; }

    /// <summary>Null: it is acked, and no longer counted.</summary>
    public required int? DeliveryCount { get; init; }

    /// <summary>Of one that is delayed: when it can be received again.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? VisibleAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? LeaseExpiresAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? AckedAt { get; init; }

    /// <summary>Null: not since the consumer was last loaded.</summary>
    public DateTimeOffset? LastDeliveredAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? DeadLetterId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? DiedAt { get; init; }

    /// <summary>The message; null: the log no longer has it.</summary>
    public required RawJson? Data { get; init; }

    public static MessageResponse Of(in ListedMessage message, RawJson? data) => new()
    {
        Offset = message.Offset,
        State = message.State,
        DeliveryCount = message.State == ListedState.Acked && message.Deliveries == 0 ? null : message.Deliveries,
        VisibleAt = message.State == ListedState.Delayed ? message.DueAt : null,
        LeaseExpiresAt = message.State == ListedState.InFlight ? message.DueAt : null,
        AckedAt = message.State == ListedState.Acked ? message.DueAt : null,
        LastDeliveredAt = message.LastDeliveredAt,
        Data = data,
    };
}
