using System.Globalization;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Backfills;

/// <summary>
/// Builds the SELECT of one chunk. COPY takes no parameters, so values are quoted literals, cast to their column's type; both sides
/// of a comparison name the collation, because a literal of a domain may bring another one. Rows without a value in the sort column
/// are a part of their own: a row comparison with NULL is never true, and an OR would keep the index from being used.
/// </summary>
internal static class KeysetQuery
{
    public static string Select(
        BackfillTable table, KeysetOrder order, BackfillRequest request, BackfillCursor? after, KeysetPart part, int rows)
    {
        var conditions = new List<string>();
        if (table.RowFilter is { } rowFilter)
            conditions.Add($"({rowFilter})");
        foreach (var condition in request.Filter)
            conditions.Add(Condition(table.Find(condition.Column)!, condition));
        AddPlace(conditions, order, request, after, part);

        var columns = part == KeysetPart.Nulls ? order.Columns.Skip(1) : order.Columns;
        var where = conditions.Count == 0 ? "" : $" WHERE {string.Join(" AND ", conditions)}";
        return string.Create(CultureInfo.InvariantCulture,
            $"SELECT {string.Join(", ", table.Columns.Select(column => SqlText.Identifier(column.Name)))}"
            + $" FROM {(table.IsPartitioned ? "" : "ONLY ")}{table.Name.ToSql()}{where}"
            + $" ORDER BY {string.Join(", ", columns.Select(Operand))} LIMIT {rows}");
    }

    private static void AddPlace(
        List<string> conditions, KeysetOrder order, BackfillRequest request, BackfillCursor? after, KeysetPart part)
    {
        var first = order.Columns[0];
        if (part == KeysetPart.Nulls)
        {
            conditions.Add($"{Operand(first)} IS NULL");
            if (after is { Values: [null, ..] })
                conditions.Add(Behind(order.Columns, after, from: 1));
        }
        else if (after is not null)
        {
            conditions.Add(Behind(order.Columns, after, from: 0));
        }
        else if (request.StartPosition is { } start)
        {
            conditions.Add($"{Operand(first)} >= {Literal(first, start)}");
        }
        else if (order.SortHasNulls)
        {
            conditions.Add($"{Operand(first)} IS NOT NULL");
        }
    }

    private static string Behind(IReadOnlyList<BackfillColumn> columns, BackfillCursor after, int from)
    {
        var operands = new List<string>();
        var literals = new List<string>();
        for (var i = from; i < columns.Count; i++)
        {
            operands.Add(Operand(columns[i]));
            var value = after.Values[i] ?? throw new ArgumentException($"The cursor has no value of '{columns[i].Name}'.");
            literals.Add(Literal(columns[i], value));
        }

        return $"({string.Join(", ", operands)}) > ({string.Join(", ", literals)})";
    }

    private static string Condition(BackfillColumn column, FilterCondition condition) => condition.Operator switch
    {
        FilterOperator.IsNull => $"{Operand(column)} IS NULL",
        FilterOperator.NotNull => $"{Operand(column)} IS NOT NULL",
        FilterOperator.In => $"{Operand(column)} IN ({Literals(column, condition)})",
        FilterOperator.NotIn => $"{Operand(column)} NOT IN ({Literals(column, condition)})",
        FilterOperator.Equal => $"{Operand(column)} = {Literals(column, condition)}",
        FilterOperator.NotEqual => $"{Operand(column)} <> {Literals(column, condition)}",
        FilterOperator.Less => $"{Operand(column)} < {Literals(column, condition)}",
        FilterOperator.LessOrEqual => $"{Operand(column)} <= {Literals(column, condition)}",
        FilterOperator.Greater => $"{Operand(column)} > {Literals(column, condition)}",
        FilterOperator.GreaterOrEqual => $"{Operand(column)} >= {Literals(column, condition)}",
        _ => throw new ArgumentOutOfRangeException(nameof(condition), condition.Operator, "No such operator."),
    };

    private static string Literals(BackfillColumn column, FilterCondition condition) =>
        string.Join(", ", condition.Values.Select(value => Literal(column, value)));

    private static string Operand(BackfillColumn column) => $"{SqlText.Identifier(column.Name)}{Collate(column)}";

    private static string Literal(BackfillColumn column, string value) => $"{SqlText.Literal(value)}::{column.Type}{Collate(column)}";

    private static string Collate(BackfillColumn column) => column.Collation is { } collation ? $" COLLATE {collation}" : "";
}

/// <summary>Of the order of rows by a sort column.</summary>
internal enum KeysetPart
{
    /// <summary>Rows that have a value, or all when none can be without.</summary>
    Values,

    /// <summary>Rows that have none.</summary>
    Nulls,
}
