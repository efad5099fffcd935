using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Backfills;

/// <summary>Which tables can be read in chunks beside their stream, and what is said of the others.</summary>
internal static class BackfillTableChecks
{
    /// <summary>What the name alone tells.</summary>
    public static BackfillRefusal? NameRefusal(TableName name)
    {
        if (name.Schema == "information_schema" || name.Schema.StartsWith("pg_", StringComparison.Ordinal))
            return No($"{name} is a system table of PostgreSQL; it has no stream.");
        return name.Schema is "sequin" or "orleans"
            ? No($"{name} belongs to the log database; to stream it would be to stream the stream.")
            : null;
    }

    public static BackfillRefusal? TableRefusal(TableName name, BackfillTableCatalog.TableRow table, string publicationName)
    {
        if (Kind(table) is { } kind)
            return No($"{name} is {kind}, whose changes PostgreSQL does not publish. Name the table behind it.");
        if (table.IsPublished)
            return null;
        return table.PublishedAs is { } others
            ? No($"The changes of {name} are streamed as those of {others}. Backfill that.")
            : No($"{name} is not in the publication \"{publicationName}\", so its changes would not follow its rows. Run on the source: "
                + $"ALTER PUBLICATION {SqlText.Identifier(publicationName)} ADD TABLE {name.ToSql()};");
    }

    public static BackfillRefusal? KeyRefusal(TableName name, IReadOnlyList<BackfillTableCatalog.ColumnRow> key)
    {
        if (key.Count == 0)
            return No($"{name} has no primary key, so nobody can tell which of its rows a change is of. Add one: ALTER TABLE "
                + $"{name.ToSql()} ADD PRIMARY KEY (…); or name a unique index of columns that are never NULL: ALTER TABLE "
                + $"{name.ToSql()} REPLICA IDENTITY USING INDEX …; or do without its present rows and read its changes only.");
        return key.FirstOrDefault(column => !column.IsPublished) is { } hidden
            ? No($"The key of {name} has the column '{hidden.Column.Name}', which the publication leaves out.")
            : null;
    }

    private static string? Kind(BackfillTableCatalog.TableRow table) => (table.Kind, table.Persistence) switch
    {
        ("r" or "p", "p") => null,
        ("r" or "p", "u") => "an unlogged table",
        ("r" or "p", "t") => "a temporary table",
        ("v", _) => "a view",
        ("m", _) => "a materialized view",
        ("f", _) => "a foreign table",
        _ => "no table",
    };

    private static BackfillRefusal No(string text) => new(BackfillRefusal.Table, text);
}
