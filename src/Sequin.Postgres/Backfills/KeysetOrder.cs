namespace Sequin.Postgres.Backfills;

/// <summary>The columns that put a table's rows into one order, without ties: the sort column when there is one, then the key.</summary>
internal sealed class KeysetOrder
{
    public KeysetOrder(BackfillTable table, BackfillColumn? sort)
    {
        SortHasNulls = sort is { NotNull: false };
        Columns = sort is null ? table.Key : [sort, .. table.Key.Where(column => column.Name != sort.Name)];
        Names = [.. Columns.Select(column => column.Name)];
    }

    public IReadOnlyList<BackfillColumn> Columns { get; }
    public IReadOnlyList<string> Names { get; }

    /// <summary>Then the order has two parts: rows with a value, and behind them, as a btree has them, those without.</summary>
    public bool SortHasNulls { get; }

    public bool Fits(BackfillCursor cursor) => cursor.Columns.SequenceEqual(Names);
}
