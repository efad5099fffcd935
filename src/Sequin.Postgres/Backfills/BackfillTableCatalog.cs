using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Backfills;

/// <summary>Reads what a backfill must know of a table, in the chunk's transaction, and refuses what cannot be read in chunks.</summary>
internal static class BackfillTableCatalog
{
    // Types come qualified, because the rows are read under another search path. A comparison is found by the search path though its
    // index is not: with citext outside of it, '>' would be that of text and disagree with ORDER BY. So the path has every schema
    // with operators of a btree.
    private const string PathSql = "SET LOCAL search_path = pg_catalog";

    private const string WidePathSql =
        """
        SELECT set_config('search_path', concat_ws(', ', 'pg_catalog', string_agg(DISTINCT quote_ident(n.nspname), ', ')), true)
        FROM pg_amop a
        JOIN pg_am m ON m.oid = a.amopmethod AND m.amname = 'btree'
        JOIN pg_operator o ON o.oid = a.amopopr
        JOIN pg_namespace n ON n.oid = o.oprnamespace AND n.nspname <> 'pg_catalog'
        """;

    // Row filters and column lists came with 15: as JSON the row has them, or has not.
    private const string TableSql =
        """
        SELECT c.oid, c.relkind::text, c.relpersistence::text, c.relreplident::text, p.listed,
               to_jsonb(p) ->> 'rowfilter', (to_jsonb(p) -> 'attnames')::text,
               CASE c.relkind WHEN 'p'
                   THEN (SELECT sum(l.reltuples) FROM pg_partition_tree(c.oid) t JOIN pg_class l ON l.oid = t.relid
                         WHERE t.isleaf AND l.reltuples >= 0)::bigint
                   ELSE nullif(c.reltuples, -1)::bigint END,
               CASE WHEN p.listed IS NULL THEN (
                   SELECT string_agg(quote_ident(q.schemaname) || '.' || quote_ident(q.tablename), ', ')
                   FROM pg_publication_tables q
                   WHERE q.pubname = $3 AND format('%I.%I', q.schemaname, q.tablename)::regclass IN (
                       SELECT relid FROM pg_partition_tree(c.oid) UNION ALL SELECT relid FROM pg_partition_ancestors(c.oid))) END
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN LATERAL (SELECT true AS listed, q.* FROM pg_publication_tables q
                           WHERE q.pubname = $3 AND q.schemaname = n.nspname AND q.tablename = c.relname) p ON true
        WHERE n.nspname = $1 AND c.relname = $2
        """;

    private const string ColumnsSql =
        """
        SELECT a.attname, format_type(a.atttypid, -1), a.atttypid, a.attnotnull, a.attgenerated <> '', k.nr,
               CASE c.relreplident WHEN 'f' THEN true
                    ELSE EXISTS (SELECT FROM pg_index i
                                 WHERE i.indrelid = c.oid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])
                                   AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END)
               END,
               quote_ident(n.nspname) || '.' || quote_ident(o.collname)
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN LATERAL (
            SELECT u.nr, u.coll FROM pg_index i
            CROSS JOIN LATERAL unnest(i.indkey::int2[], i.indcollation::oid[]) WITH ORDINALITY AS u(attnum, coll, nr)
            WHERE i.indexrelid = (SELECT x.indexrelid FROM pg_index x
                                  WHERE x.indrelid = c.oid AND (x.indisprimary OR x.indisreplident)
                                  ORDER BY x.indisprimary DESC LIMIT 1)
              AND u.nr <= i.indnkeyatts AND u.attnum = a.attnum) k ON true
        LEFT JOIN pg_collation o ON o.oid = coalesce(k.coll, a.attcollation)
        LEFT JOIN pg_namespace n ON n.oid = o.collnamespace
        WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attnum
        """;

    private const string SetPathSql = "SELECT pg_catalog.set_config('search_path', $1, true)";

    // Every change of a table, its columns or its indexes writes new rows of these catalogs. ANALYZE and VACUUM do not.
    private const string FingerprintSql =
        """
        SELECT pg_catalog.concat_ws('|', c.oid, c.xmin,
            (SELECT pg_catalog.string_agg(a.xmin::pg_catalog.text, ',' ORDER BY a.attnum)
             FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0),
            (SELECT pg_catalog.string_agg(i.indexrelid::pg_catalog.text || ':' || i.xmin::pg_catalog.text, ',' ORDER BY i.indexrelid)
             FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid))
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = $2
        """;

    /// <summary>From here on generated columns can be published; before, the publication lists them and does not send them.</summary>
    private const int GeneratedColumnsMajor = 18;

    /// <summary>The table, or why not.</summary>
    /// <param name="connection">In the chunk's transaction, with the table locked. Its search path is set here.</param>
    /// <param name="name">Of the table.</param>
    /// <param name="publicationName">Of the database's stream: what it leaves out is left out here too.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public static async Task<(BackfillTable? Table, BackfillRefusal? Refusal)> FindAsync(
        NpgsqlConnection connection, TableName name, string publicationName, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, PathSql, cancellationToken);
        if (await ReadTableAsync(connection, name, publicationName, cancellationToken) is not { } row)
            return (null, Missing(name));
        if (BackfillTableChecks.TableRefusal(name, row, publicationName) is { } refusal)
            return (null, refusal);

        var columns = await ReadColumnsAsync(connection, row, cancellationToken);
        var key = columns.Where(column => column.KeyOrdinal is not null).OrderBy(column => column.KeyOrdinal).ToList();
        if (BackfillTableChecks.KeyRefusal(name, key) is { } keyRefusal)
            return (null, keyRefusal);

        await ExecuteAsync(connection, WidePathSql, cancellationToken);
        return (new BackfillTable
        {
            Oid = row.Oid,
            Name = name,
            IsPartitioned = row.Kind == "p",
            ReplicaIdentity = row.ReplicaIdentity[0],
            Columns = [.. columns.Where(column => column.IsPublished).Select(column => column.Column)],
            Key = [.. key.Select(column => column.Column)],
            RowFilter = row.RowFilter,
            RowsEstimated = row.RowsEstimated,
        }, null);
    }

    /// <summary>The search path that <see cref="FindAsync"/> has set.</summary>
    public static async Task<string> SearchPathAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_catalog.current_setting('search_path')", connection);
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Sets the search path of before, and tells whether the table is still what it was: another text, another table.</summary>
    /// <returns>Null: there is no such table.</returns>
    public static async Task<string?> FingerprintAsync(
        NpgsqlConnection connection, TableName name, string searchPath, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(SetPathSql) { Parameters = { new() { Value = searchPath } } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(FingerprintSql)
        {
            Parameters = { new() { Value = name.Schema }, new() { Value = name.Name } },
        });
        await batch.PrepareAsync(cancellationToken);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? reader.GetString(0) : null;
    }

    public static BackfillRefusal Missing(TableName name) => new(BackfillRefusal.Table, $"There is no table {name} in the source.");

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<TableRow?> ReadTableAsync(
        NpgsqlConnection connection, TableName name, string publicationName, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(TableSql, connection)
        {
            Parameters = { new() { Value = name.Schema }, new() { Value = name.Name }, new() { Value = publicationName } },
        };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
            return null;
        return new TableRow(
            row.GetFieldValue<uint>(0), row.GetString(1), row.GetString(2), row.GetString(3), IsPublished: !row.IsDBNull(4),
            Text(5), Text(6) is { } names ? JsonSerializer.Deserialize<HashSet<string>>(names) : null,
            row.IsDBNull(7) ? null : row.GetInt64(7), Text(8));

        string? Text(int column) => row.IsDBNull(column) ? null : row.GetString(column);
    }

    private static async Task<List<ColumnRow>> ReadColumnsAsync(
        NpgsqlConnection connection, TableRow table, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ColumnsSql, connection)
        {
            Parameters = { new() { NpgsqlDbType = NpgsqlDbType.Oid, Value = table.Oid } },
        };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var columns = new List<ColumnRow>();
        while (await row.ReadAsync(cancellationToken))
        {
            var column = new BackfillColumn(
                row.GetString(0), row.GetString(1), row.GetFieldValue<uint>(2), row.IsDBNull(7) ? null : row.GetString(7),
                NotNull: row.GetBoolean(3), InIdentity: row.GetBoolean(6));
            var isPublished = table.PublishedColumns?.Contains(column.Name) != false
                && (!row.GetBoolean(4) || connection.PostgreSqlVersion.Major >= GeneratedColumnsMajor);
            columns.Add(new ColumnRow(column, row.IsDBNull(5) ? null : row.GetInt64(5), isPublished));
        }

        return columns;
    }

    /// <param name="Oid">Of the table.</param>
    /// <param name="Kind">As in <c>pg_class</c>.</param>
    /// <param name="Persistence">As in <c>pg_class</c>.</param>
    /// <param name="ReplicaIdentity">As in <c>pg_class</c>.</param>
    /// <param name="IsPublished">Under its own name.</param>
    /// <param name="RowFilter">Of the publication.</param>
    /// <param name="PublishedColumns">Null before 15: all.</param>
    /// <param name="RowsEstimated">Null: not counted.</param>
    /// <param name="PublishedAs">Its partitions or ancestors that are published instead.</param>
    internal sealed record TableRow(
        uint Oid, string Kind, string Persistence, string ReplicaIdentity, bool IsPublished, string? RowFilter,
        HashSet<string>? PublishedColumns, long? RowsEstimated, string? PublishedAs);

    internal sealed record ColumnRow(BackfillColumn Column, long? KeyOrdinal, bool IsPublished);
}
