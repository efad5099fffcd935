using Sequin.Core.Changes;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>What a user asked of a consumer. Stored as JSON, so new settings need a default.</summary>
public sealed record ConsumerConfig
{
    public const int VisibilityTimeoutMsDefault = 30_000;
    public const int MaxAckPendingDefault = 10_000;
    public const int MaxWaitingDefault = 1000;

    public ConsumerActivity Status { get; init; } = ConsumerActivity.Active;

    /// <summary>Why it was paused, when not by a user; null: by a user, or it is not.</summary>
    public string? PausedBecause { get; init; }

    /// <summary>Tables as <c>schema.table</c>; empty: all.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];

    /// <summary>Empty: insert, update, delete. A <c>read</c> always passes.</summary>
    public IReadOnlyList<ChangeAction> Actions { get; init; } = [];
    public string DestinationType { get; init; } = "sequin_stream";

    /// <summary>How messages are pushed; null: they are pulled.</summary>
    public WebhookSettings? Webhook { get; init; }

    /// <summary>Where it was asked to begin; an offset is in <see cref="ConsumerRecord.StartAfter"/>. Never changes.</summary>
    public StartPoint Start { get; init; }

    /// <summary>Of <see cref="StartPoint.Timestamp"/>: microseconds since the Unix epoch. What was committed before is not for it.</summary>
    public long StartMicros { get; init; }

    /// <summary>Of <see cref="StartPoint.Lsn"/>.</summary>
    public string? StartLsn { get; init; }

    /// <summary>The last message it gets; null: it goes on for ever.</summary>
    public long? EndOffset { get; init; }

    /// <summary>It is deleted then; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>False: no groups, no order.</summary>
    public bool MessageGrouping { get; init; } = true;

    /// <summary>
    /// By table (<c>schema.table</c>) the columns whose values make the group, instead of the primary key. Columns of the same
    /// names make the same groups in several tables.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> GroupColumns { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>();
    public int VisibilityTimeoutMs { get; init; } = VisibilityTimeoutMsDefault;

    /// <summary>Messages leased and not yet acked, at most.</summary>
    public int MaxAckPending { get; init; } = MaxAckPendingDefault;

    /// <summary>Receives that wait at the same time, at most.</summary>
    public int MaxWaiting { get; init; } = MaxWaitingDefault;

    /// <summary>After this many deliveries a message that comes back becomes a dead letter; null: never.</summary>
    public int? MaxRetryCount { get; init; }
    public OnDead OnDead { get; init; } = OnDead.Continue;

    /// <summary>A JSON object, verbatim.</summary>
    public string Annotations { get; init; } = "{}";
}

/// <summary>Whether a consumer delivers.</summary>
public enum ConsumerActivity
{
    Active,

    /// <summary>Receives wait and get nothing; acks count.</summary>
    Paused,

    /// <summary>Receives are refused, and nothing is read ahead; acks count.</summary>
    Disabled,
}

/// <summary>Where a new consumer begins.</summary>
public enum StartPoint
{
    /// <summary>Behind what is in the log.</summary>
    Now,

    /// <summary>At the oldest message kept.</summary>
    Beginning,
    Offset,
    Timestamp,
    Lsn,
}

/// <summary>What the group of a dead letter does.</summary>
public enum OnDead
{
    /// <summary>It goes on with its next message.</summary>
    Continue,

    /// <summary>It waits until the dead letter is redriven or discarded.</summary>
    HaltGroup,
}
