using System.Text.Json;

namespace Sequin.Server.DeadLetters;

/// <summary>Which dead letters to discard: those of <c>ids</c>, or with <c>all</c> every one that the other fields match.</summary>
internal record DiscardRequest
{
    /// <summary>1 to 1000.</summary>
    public IReadOnlyList<string?>? Ids { get; init; }
    public bool? All { get; init; }

    /// <summary><c>schema.table</c>, quoted as in SQL where needed.</summary>
    public string? Table { get; init; }

    /// <summary>The primary key's values: a list of strings, or a string with commas between.</summary>
    public JsonElement? Pk { get; init; }

    /// <summary>A text in the message's JSON.</summary>
    public string? Q { get; init; }

    /// <summary><c>nacked</c> or <c>expired</c>.</summary>
    public string? Reason { get; init; }

    /// <summary>Died then or later.</summary>
    public string? From { get; init; }

    /// <summary>Died before.</summary>
    public string? To { get; init; }
}

/// <summary>Which dead letters to bring back.</summary>
internal sealed record RedriveRequest : DiscardRequest
{
    /// <summary>With <c>all</c>: at most this many a second, 1 to 10000. Default: 1000.</summary>
    public int? RatePerSecond { get; init; }
}

internal sealed record ChangeRedriveRequest
{
    /// <summary>Only <c>cancelled</c>.</summary>
    public string? State { get; init; }
}
