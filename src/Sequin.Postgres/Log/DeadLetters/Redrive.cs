using Sequin.Core.Identity;

namespace Sequin.Postgres.Log.DeadLetters;

/// <summary>Brings a consumer's dead letters back, all that match, a few at a time. Its grain does the work.</summary>
public sealed record Redrive
{
    public const int RatePerSecondDefault = 1000;

    public required Guid Id { get; init; }
    public required ConsumerId ConsumerId { get; init; }

    /// <summary>Bounded by the last letter there was at its creation: one that dies again meanwhile stays dead.</summary>
    public required DeadLetterFilter Filter { get; init; }

    /// <summary>At most this many a second.</summary>
    public required int RatePerSecond { get; init; }
    public required RedriveState State { get; init; }

    /// <summary>Dead letters that matched at its creation.</summary>
    public required long Total { get; init; }

    /// <summary>Those brought back so far.</summary>
    public required long Done { get; init; }

    /// <summary>The last dead letter that was dealt with; null: none yet.</summary>
    public Guid? Cursor { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
}

/// <summary>Stored by name.</summary>
public enum RedriveState
{
    Running = 1,
    Completed = 2,
    Cancelled = 3,
}
