using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Source.Checks;

/// <summary>Names many tables in a text or a fix of bounded length.</summary>
internal static class TableLists
{
    private const int NamesMax = 10;
    private const int StatementsMax = 200;

    public static string Few(IReadOnlyCollection<SourceTable> tables)
    {
        var names = string.Join(", ", tables.Take(NamesMax).Select(table => table.Name));
        return tables.Count > NamesMax ? $"{names} and {tables.Count - NamesMax} more" : names;
    }

    public static string Each<T>(IReadOnlyCollection<T> tables, Func<T, string> statement)
    {
        var statements = string.Join('\n', tables.Take(StatementsMax).Select(statement));
        return tables.Count > StatementsMax ? $"{statements}\n-- and {tables.Count - StatementsMax} more" : statements;
    }
}
