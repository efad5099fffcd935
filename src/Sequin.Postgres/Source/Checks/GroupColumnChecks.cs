using Dapper;
using Npgsql;
using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Source.Checks;

/// <summary>
/// Columns that are to order messages must be in every message: in the new row, and in what PostgreSQL logs of an old one. Otherwise
/// a delete could not be put behind the changes before it.
/// </summary>
public static class GroupColumnChecks
{
    private const int VersionWithGeneratedColumns = 180_000;

    // Of a partitioned table it is each partition's own replica identity that counts.
    private const string ColumnsSql = """
        WITH wanted AS (
            SELECT c.oid, c.relkind, n.nspname || '.' || c.relname AS wanted
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND n.nspname || '.' || c.relname = ANY (@tables)),
        logged AS (
            SELECT wanted, oid FROM wanted WHERE relkind = 'r'
            UNION ALL
            SELECT w.wanted, t.relid FROM wanted w CROSS JOIN LATERAL pg_partition_tree(w.oid) t
            WHERE w.relkind = 'p' AND (t.isleaf OR t.relid = w.oid))
        SELECT l.wanted, n.nspname AS schema, c.relname AS name, c.relkind = 'p' AS ispartitioned, a.attname AS columnname,
               a.attgenerated <> '' AND current_setting('server_version_num')::int < @generated AS isleftout,
               c.relreplident = 'f' OR coalesce(a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]), false) AS isinoldrows
        FROM logged l
        JOIN pg_class c ON c.oid = l.oid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_index i ON i.indrelid = c.oid
            AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END
        """;

    /// <param name="connection">To the source.</param>
    /// <param name="groupColumns">By table (<c>schema.table</c> unquoted) the columns that make its groups.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <returns>Errors only; none: all columns will do.</returns>
    public static async Task<IReadOnlyList<SourceProblem>> RunAsync(
        NpgsqlConnection connection, IReadOnlyDictionary<string, IReadOnlyList<string>> groupColumns, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync<ColumnRow>(new CommandDefinition(
            ColumnsSql, new { tables = groupColumns.Keys.ToArray(), generated = VersionWithGeneratedColumns },
            cancellationToken: cancellationToken));
        var byTable = rows.ToLookup(row => row.Wanted);
        return [.. groupColumns.SelectMany(table => Of(table.Key, table.Value, [.. byTable[table.Key]]))];
    }

    private static IEnumerable<SourceProblem> Of(string table, IReadOnlyList<string> columns, IReadOnlyList<ColumnRow> rows)
    {
        if (rows.Count == 0)
            return [Error(SourceProblemCode.TableMissing,
                $"There is no table {table}, or it is not visible to us. Check schema and spelling.")];

        return columns.Select(column => OfColumn(table, column, [.. rows.Where(row => row.ColumnName == column)])).OfType<SourceProblem>();
    }

    private static SourceProblem? OfColumn(string table, string column, IReadOnlyList<ColumnRow> found)
    {
        var name = SqlText.Identifier(column);
        if (found.Count == 0)
            return Error(SourceProblemCode.ColumnMissing, $"Table {table} has no column {name}. Check its spelling; case counts.");
        if (found.Any(row => row.IsLeftOut))
            return Error(SourceProblemCode.ColumnNotStreamed,
                $"Column {name} of {table} is generated, and this server does not stream generated columns. Choose those it is made of.");

        // The partitioned table itself has no rows, unless it has no partitions yet.
        var lacking = found.Where(row => !row.IsInOldRows && (!row.IsPartitioned || found.Count == 1)).ToList();
        return lacking.Count == 0
            ? null
            : Error(SourceProblemCode.OldRowsLackColumn,
                $"PostgreSQL does not log column {name} of rows that are deleted from {table}, so a delete could not be put in order. "
                    + "Let it log whole rows, or choose columns of the replica identity.",
                TableLists.Each(lacking, row => $"ALTER TABLE {new TableName(row.Schema, row.Name).ToSql()} REPLICA IDENTITY FULL;"));
    }

    private static SourceProblem Error(SourceProblemCode code, string text, string? fixSql = null) =>
        SourceProblem.Error(code, SourceFields.GroupColumns, text, fixSql);

    private sealed record ColumnRow
    {
        public string Wanted { get; init; } = "";
        public string Schema { get; init; } = "";
        public string Name { get; init; } = "";
        public bool IsPartitioned { get; init; }
        public string ColumnName { get; init; } = "";
        public bool IsLeftOut { get; init; }
        public bool IsInOldRows { get; init; }
    }
}
