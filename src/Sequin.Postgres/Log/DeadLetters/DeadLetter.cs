using Sequin.Core.Changes;

namespace Sequin.Postgres.Log.DeadLetters;

/// <summary>A message that its consumer gave up on.</summary>
public sealed record DeadLetter
{
    /// <summary>Version 7, so that dead letters are listed in the order of their deaths.</summary>
    public required Guid Id { get; init; }

    /// <summary>Of the consumer's window, together with <see cref="Offset"/> unique.</summary>
    public required int Generation { get; init; }
    public required long Offset { get; init; }

    /// <summary>Number of its last lease.</summary>
    public required int Receipt { get; init; }

    /// <summary>As <c>schema.table</c> unquoted; empty for a logical message.</summary>
    public required string Table { get; init; }
    public required ChangeAction Action { get; init; }

    /// <summary>The primary key's values. Read from <see cref="Body"/> when the letter is inserted; need not be given.</summary>
    public IReadOnlyList<string> RecordPks { get; init; } = [];

    /// <summary>Its JSON as it stands in the segment, without consumer and database.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }
    public required DateTimeOffset CommitTime { get; init; }
    public required DeathReason Reason { get; init; }

    /// <summary>What its last receiver said; null: nothing.</summary>
    public string? LastError { get; init; }
    public required int DeliveryCount { get; init; }

    /// <summary>Null: not known, because the consumer's activation changed since.</summary>
    public DateTimeOffset? FirstDeliveredAt { get; init; }
    public DateTimeOffset? LastDeliveredAt { get; init; }
    public required DateTimeOffset DiedAt { get; init; }

    /// <summary>Its group waits until it is redriven or discarded.</summary>
    public required bool HaltsGroup { get; init; }
}

/// <summary>How a message ended its last delivery. Stored by name.</summary>
public enum DeathReason
{
    /// <summary>A receiver gave it back.</summary>
    Nacked = 1,

    /// <summary>Its lease ran out.</summary>
    Expired = 2,
}

/// <summary>Where in its stream a dead letter stands.</summary>
/// <param name="Offset">Its offset.</param>
/// <param name="HaltsGroup">Its group waits for it.</param>
public readonly record struct DeadLetterPlace(long Offset, bool HaltsGroup);
