using System.Text.Json.Serialization;
using Sequin.Core.Changes;
using Sequin.Postgres.Log.DeadLetters;
using Sequin.Server.Requests;

namespace Sequin.Server.DeadLetters;

/// <summary>A message that its consumer gave up on.</summary>
internal sealed record DeadLetterResponse
{
    public required Guid Id { get; init; }
    public required long Offset { get; init; }

    /// <summary>Null: a logical message.</summary>
    public required string? Table { get; init; }
    public required ChangeAction Action { get; init; }
    public required IReadOnlyList<string> RecordPks { get; init; }
    public required DateTimeOffset CommitTimestamp { get; init; }
    public required DeathReason Reason { get; init; }

    /// <summary>The reason of its last nack.</summary>
    public required string? LastError { get; init; }
    public required int DeliveryCount { get; init; }
    public required DateTimeOffset? FirstDeliveredAt { get; init; }
    public required DateTimeOffset? LastDeliveredAt { get; init; }
    public required DateTimeOffset DiedAt { get; init; }

    /// <summary>The messages of its group wait for it.</summary>
    public required bool HaltsGroup { get; init; }

    /// <summary>The message as it would be delivered; not in lists.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RawJson? Data { get; init; }

    public static DeadLetterResponse Of(DeadLetter letter) => new()
    {
        Id = letter.Id,
        Offset = letter.Offset,
        Table = letter.Table.Length == 0 ? null : letter.Table,
        Action = letter.Action,
        RecordPks = letter.RecordPks,
        CommitTimestamp = letter.CommitTime,
        Reason = letter.Reason,
        LastError = letter.LastError,
        DeliveryCount = letter.DeliveryCount,
        FirstDeliveredAt = letter.FirstDeliveredAt,
        LastDeliveredAt = letter.LastDeliveredAt,
        DiedAt = letter.DiedAt,
        HaltsGroup = letter.HaltsGroup,
    };
}

/// <param name="Success">The request was understood.</param>
/// <param name="Results">One for each id.</param>
internal sealed record RedrivenResponse(bool Success, IReadOnlyList<RedrivenLetterResponse> Results);

/// <param name="Id">Of the dead letter.</param>
/// <param name="Status"><c>redriven</c> or <c>not_found</c>.</param>
internal sealed record RedrivenLetterResponse(Guid Id, string Status);

/// <param name="Success">The request was understood.</param>
/// <param name="Discarded">How many dead letters were there, and are not any more.</param>
internal sealed record DiscardedResponse(bool Success, long Discarded);
