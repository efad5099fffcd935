using System.Text.Json.Serialization;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Server.Streams;

/// <summary>A stream as it is shown.</summary>
internal sealed record StreamResponse
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }

    /// <summary>Name of the database it is of.</summary>
    public required string? Database { get; init; }

    /// <summary>Of everything published, named like its database, and deleted only with it.</summary>
    public required bool IsDefault { get; init; }

    /// <summary>
    /// <c>active</c>; <c>pending</c>: its tables are not in effect yet; <c>quota_reached</c>: it is full, and its database waits.
    /// </summary>
    public required string State { get; init; }
    public required StreamSourceResponse Source { get; init; }
    public required StreamRetentionResponse Retention { get; init; }

    /// <summary>0: nothing is in it.</summary>
    public required long OldestOffset { get; init; }

    /// <summary>0: nothing was ever in it.</summary>
    public required long LastOffset { get; init; }

    /// <summary>Room it takes in the log database, counted every few seconds while max_bytes is set; else null.</summary>
    public required long? SizeBytes { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Of a change that added tables: how to have their present rows, too.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<BackfillOfferResponse>? BackfillsOffered { get; init; }

    public static string StateOf(StreamRecord stream) => stream switch
    {
        { IsOverQuota: true } => "quota_reached",
        { IsRouted: false } => "pending",
        _ => "active",
    };
}

/// <summary>Of what is published: the tables of which each condition that is given holds; null: none is.</summary>
internal sealed record StreamSourceResponse(
    IReadOnlyList<string>? IncludeSchemas, IReadOnlyList<string>? ExcludeSchemas, IReadOnlyList<string>? IncludeTables,
    IReadOnlyList<string>? ExcludeTables)
{
    public static StreamSourceResponse Of(StreamSource source) => new(
        OrNull(source.IncludeSchemas), OrNull(source.ExcludeSchemas), OrNull(source.IncludeTables), OrNull(source.ExcludeTables));

    private static IReadOnlyList<string>? OrNull(IReadOnlyList<string> names) => names.Count == 0 ? null : names;
}

/// <param name="MaxAge">As a duration; null: no age is too old.</param>
/// <param name="MaxBytes">Null: no limit.</param>
/// <param name="Limit">What becomes of messages that a consumer has not finished.</param>
internal sealed record StreamRetentionResponse(string? MaxAge, long? MaxBytes, RetentionLimit Limit)
{
    private const long SecondsPerHour = 3600;
    private const long SecondsPerDay = 86_400;

    public static StreamRetentionResponse Of(StreamRetention retention) => new(
        retention.MaxAgeSeconds switch
        {
            null => null,
            var seconds when seconds % SecondsPerDay == 0 => $"{seconds / SecondsPerDay}d",
            var seconds when seconds % SecondsPerHour == 0 => $"{seconds / SecondsPerHour}h",
            var seconds => $"{seconds}s",
        },
        retention.MaxBytes, retention.Limit);
}

/// <summary>What is in a table already comes into the stream only by a backfill, which a consumer asks for.</summary>
/// <param name="Table">As <c>schema.table</c>.</param>
/// <param name="Consumers">Who reads the stream, at most ten.</param>
/// <param name="Request">What to send, once for each consumer that wants it.</param>
internal sealed record BackfillOfferResponse(string Table, IReadOnlyList<string> Consumers, string Request);
