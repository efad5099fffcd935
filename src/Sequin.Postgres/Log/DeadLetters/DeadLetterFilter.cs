using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sequin.Postgres.Log.DeadLetters;

/// <summary>Which dead letters are meant: those that all of it is true for. Stored as JSON in redrives.</summary>
public sealed record DeadLetterFilter
{
    /// <summary>All of a consumer's.</summary>
    public static readonly DeadLetterFilter All = new();

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>As <c>schema.table</c> unquoted.</summary>
    public string? Table { get; init; }

    /// <summary>All values of the primary key, in its order.</summary>
    public IReadOnlyList<string>? Key { get; init; }

    /// <summary>A text that stands in the body's JSON, case for case.</summary>
    public string? Text { get; init; }
    public DeathReason? Reason { get; init; }

    /// <summary>Died then or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Died before.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>No later letter than this one; of a redrive, the last there was when it began.</summary>
    [JsonIgnore]
    public Guid? UpToId { get; init; }

    internal string ToJson() => JsonSerializer.Serialize(this, Options);

    internal static DeadLetterFilter FromJson(string json) => JsonSerializer.Deserialize<DeadLetterFilter>(json, Options)
        ?? throw new JsonException("The filter of a redrive is null.");
}
