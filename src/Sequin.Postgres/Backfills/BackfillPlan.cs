namespace Sequin.Postgres.Backfills;

/// <summary>A request beside the table it is about, as the table is in this snapshot.</summary>
internal sealed record BackfillPlan(BackfillTable Table, KeysetOrder Order, BackfillRequest Request)
{
    public static (BackfillPlan? Plan, BackfillRefusal? Refusal) Make(BackfillTable table, BackfillRequest request)
    {
        BackfillColumn? sort = null;
        if (request.SortColumn is { } name && (sort = table.Find(name)) is null)
            return (null, new BackfillRefusal(BackfillRefusal.SortColumn, $"{table.Name} has no published column '{name}'. {Has(table)}"));
        if (request.StartPosition?.Contains('\0', StringComparison.Ordinal) == true)
            return (null, new BackfillRefusal(BackfillRefusal.StartPosition, "A NUL character is in no PostgreSQL text."));
        if (request.Filter.Count > FilterCondition.ConditionsMax)
            return (null, Filter($"There are {request.Filter.Count} conditions; at most {FilterCondition.ConditionsMax} are taken."));

        foreach (var condition in request.Filter)
        {
            if (table.Find(condition.Column) is null)
                return (null, Filter($"{table.Name} has no published column '{condition.Column}'. {Has(table)}"));
            if (condition.Refusal() is { } refusal)
                return (null, Filter($"In the filter {refusal}."));
        }

        return (new BackfillPlan(table, new KeysetOrder(table, sort), request), null);
    }

    public string Select(BackfillCursor? after, KeysetPart part, int rows) =>
        KeysetQuery.Select(Table, Order, Request, after, part, rows);

    private static BackfillRefusal Filter(string text) => new(BackfillRefusal.Filter, text);

    private static string Has(BackfillTable table) => $"It has {string.Join(", ", table.Columns.Select(column => column.Name))}.";
}
