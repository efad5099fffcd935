using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Backfills;

/// <summary>Which rows are to be read, and in which order.</summary>
public sealed record BackfillRequest
{
    public required TableName Table { get; init; }

    /// <summary>
    /// Rows come in this column's order, those without a value last, and where it is equal in that of their keys; null: by key.
    /// </summary>
    public string? SortColumn { get; init; }

    /// <summary>The first value of the sort column, or of the key's first column, that is wanted; null: all.</summary>
    public string? StartPosition { get; init; }

    public IReadOnlyList<FilterCondition> Filter { get; init; } = [];
}
