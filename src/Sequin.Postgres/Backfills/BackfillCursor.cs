using System.Text.Json;

namespace Sequin.Postgres.Backfills;

/// <summary>
/// Where a backfill is: the last row's values in the columns that order the rows, as PostgreSQL prints them under
/// <see cref="Source.SessionSettings"/>. The columns' names are kept beside them, so that a table whose key was changed meanwhile is
/// noticed instead of being read on from a wrong place.
/// </summary>
/// <param name="Columns">In the order of their weight.</param>
/// <param name="Values">One of each; null: NULL, which only a sort column can be.</param>
public sealed record BackfillCursor(IReadOnlyList<string> Columns, IReadOnlyList<string?> Values)
{
    public string ToJson() => JsonSerializer.Serialize(new Stored(Columns, Values), Options);

    public static BackfillCursor FromJson(string json)
    {
        var stored = JsonSerializer.Deserialize<Stored>(json, Options);
        return stored is { Columns.Count: > 0 } && stored.Values?.Count == stored.Columns.Count
            ? new BackfillCursor(stored.Columns, stored.Values)
            : throw new JsonException($"A backfill's cursor is not one: {json}");
    }

    public bool Equals(BackfillCursor? other) =>
        other is not null && Columns.SequenceEqual(other.Columns) && Values.SequenceEqual(other.Values);

    public override int GetHashCode() => HashCode.Combine(Columns.Count, Columns[0], Values[^1]);

    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private sealed record Stored(IReadOnlyList<string>? Columns, IReadOnlyList<string?>? Values);
}
