using Sequin.Postgres.Log.DeadLetters;

namespace Sequin.Server.DeadLetters;

/// <summary>A redrive of all dead letters that match, and how far it is.</summary>
internal sealed record RedriveResponse
{
    public required Guid Id { get; init; }
    public required RedriveState State { get; init; }

    /// <summary>Dead letters that matched when it began.</summary>
    public required long Total { get; init; }

    /// <summary>Those brought back.</summary>
    public required long Done { get; init; }

    /// <summary>Whole percents; of nothing, 100.</summary>
    public required int Percent { get; init; }
    public required int RatePerSecond { get; init; }
    public required string? Table { get; init; }
    public required IReadOnlyList<string>? Pk { get; init; }
    public required string? Q { get; init; }
    public required DeathReason? Reason { get; init; }
    public required DateTimeOffset? From { get; init; }
    public required DateTimeOffset? To { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset? FinishedAt { get; init; }

    public static RedriveResponse Of(Redrive redrive) => new()
    {
        Id = redrive.Id,
        State = redrive.State,
        Total = redrive.Total,
        Done = redrive.Done,
        Percent = redrive.Total == 0 ? 100 : (int)Math.Min(100, redrive.Done * 100 / redrive.Total),
        RatePerSecond = redrive.RatePerSecond,
        Table = redrive.Filter.Table,
        Pk = redrive.Filter.Key,
        Q = redrive.Filter.Text,
        Reason = redrive.Filter.Reason,
        From = redrive.Filter.From,
        To = redrive.Filter.To,
        CreatedAt = redrive.CreatedAt,
        FinishedAt = redrive.FinishedAt,
    };
}
