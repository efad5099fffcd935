namespace Sequin.Postgres.Log.Catalog;

/// <summary>Which tables go into a stream: those of which every condition that is given holds. None given: all.</summary>
public sealed record StreamSource
{
    public static readonly StreamSource Everything = new();

    public IReadOnlyList<string> IncludeSchemas { get; init; } = [];
    public IReadOnlyList<string> ExcludeSchemas { get; init; } = [];

    /// <summary>As <c>schema.table</c>, unquoted.</summary>
    public IReadOnlyList<string> IncludeTables { get; init; } = [];
    public IReadOnlyList<string> ExcludeTables { get; init; } = [];

    public bool TakesAll => IncludeSchemas.Count + ExcludeSchemas.Count + IncludeTables.Count + ExcludeTables.Count == 0;

    /// <param name="table">As <c>schema.table</c>, unquoted; empty: a logical message, which is of no table.</param>
    public bool Takes(string table)
    {
        if (table.Length == 0)
            return IncludeSchemas.Count == 0 && IncludeTables.Count == 0;
        return (IncludeTables.Count == 0 || IncludeTables.Contains(table)) && !ExcludeTables.Contains(table)
            && (IncludeSchemas.Count == 0 || IncludeSchemas.Any(IsSchemaOf)) && !ExcludeSchemas.Any(IsSchemaOf);

        bool IsSchemaOf(string schema) =>
            table.Length > schema.Length && table[schema.Length] == '.' && table.StartsWith(schema, StringComparison.Ordinal);
    }
}
