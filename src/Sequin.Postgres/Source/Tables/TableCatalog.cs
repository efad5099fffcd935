using Dapper;
using Npgsql;

namespace Sequin.Postgres.Source.Tables;

/// <summary>What tables a source has, and which of them are published.</summary>
public static class TableCatalog
{
    // An index that is deferrable or not valid is no replica identity. A partition publishes through its root, or through a
    // parent in between, so the whole line of ancestors is needed.
    private const string TablesSql =
        """
        SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind, c.relpersistence::text AS persistence,
               CASE WHEN c.relispartition
                    THEN ARRAY(SELECT a.relid::oid FROM pg_partition_ancestors(c.oid) WITH ORDINALITY AS a(relid, nr)
                               WHERE a.relid <> c.oid ORDER BY a.nr)
               END AS ancestors,
               p.tablename IS NOT NULL AS ispublished,
               c.relreplident = 'f' OR EXISTS (
                   SELECT FROM pg_index i
                   WHERE i.indrelid = c.oid AND i.indisvalid AND i.indimmediate
                     AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END)
                   AS hasreplicaidentity,
               pg_has_role(c.relowner, 'USAGE') AS isowned,
               EXISTS (SELECT FROM pg_depend d
                       WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') AS isofextension
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_publication_tables p ON p.pubname = @publication AND p.schemaname = n.nspname AND p.tablename = c.relname
        WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm')
          AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
        ORDER BY n.nspname, c.relname
        """;

    private const string ColumnsSql =
        """
        SELECT a.attrelid AS tableoid, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS isnotnull,
               k.nr::int AS keyordinal
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
        LEFT JOIN LATERAL (SELECT u.nr FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS u(attnum, nr)
                           WHERE u.attnum = a.attnum AND u.nr <= i.indnkeyatts) k ON true
        WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')
          AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
        ORDER BY a.attrelid, a.attnum
        """;

    // The columns of INCLUDE stand behind the key's in indkey.
    private const string KeySql =
        """
        SELECT a.attname
        FROM pg_index i
        CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS u(attnum, nr)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum
        WHERE i.indexrelid = (SELECT k.indexrelid FROM pg_index k
                              WHERE k.indrelid = @relation AND (k.indisprimary OR k.indisreplident)
                              ORDER BY k.indisprimary DESC LIMIT 1)
          AND u.nr <= i.indnkeyatts
        ORDER BY u.nr
        """;

    /// <summary>Every table with its columns, and whether <paramref name="publicationName"/> holds it.</summary>
    public static async Task<IReadOnlyList<SourceTable>> ListAsync(
        NpgsqlConnection connection, string publicationName, CancellationToken cancellationToken)
    {
        var tables = await ListWithoutColumnsAsync(connection, publicationName, cancellationToken);
        var rows = await connection.QueryAsync<ColumnRow>(new CommandDefinition(ColumnsSql, cancellationToken: cancellationToken));
        var columns = rows.ToLookup(row => row.TableOid, row => new SourceColumn(row.Name, row.Type, row.IsNotNull, row.KeyOrdinal));
        return [.. tables.Select(table => table with { Columns = [.. columns[table.Oid]] })];
    }

    /// <summary>The same, columns left empty: what checks need of a database with many thousand tables.</summary>
    internal static async Task<IReadOnlyList<SourceTable>> ListWithoutColumnsAsync(
        NpgsqlConnection connection, string publicationName, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync<TableRow>(
            new CommandDefinition(TablesSql, new { publication = publicationName }, cancellationToken: cancellationToken));
        return [.. rows.Select(row => row.ToTable())];
    }

    /// <summary>The tables of a publication, under the names that their changes have.</summary>
    public static async Task<IReadOnlyList<TableName>> PublishedAsync(
        NpgsqlConnection connection, string publicationName, CancellationToken cancellationToken)
    {
        const string sql =
            "SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = @publication ORDER BY schemaname, tablename";
        var rows = await connection.QueryAsync<(string Schema, string Table)>(
            new CommandDefinition(sql, new { publication = publicationName }, cancellationToken: cancellationToken));
        return [.. rows.Select(row => new TableName(row.Schema, row.Table))];
    }

    /// <summary>
    /// The columns that name a row, in the order of the key: the primary key's, or, without one, those of the index that is the
    /// table's replica identity. Empty: the table has neither, or is gone.
    /// </summary>
    public static async Task<IReadOnlyList<string>> PrimaryKeyAsync(
        NpgsqlConnection connection, uint relationOid, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(KeySql, connection);
        command.Parameters.Add(new NpgsqlParameter("relation", NpgsqlTypes.NpgsqlDbType.Oid) { Value = relationOid });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var columns = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
            columns.Add(reader.GetString(0));
        return columns;
    }

    private sealed record ColumnRow
    {
        public uint TableOid { get; init; }
        public string Name { get; init; } = "";
        public string Type { get; init; } = "";
        public bool IsNotNull { get; init; }
        public int? KeyOrdinal { get; init; }
    }

    private sealed record TableRow
    {
        public uint Oid { get; init; }
        public string Schema { get; init; } = "";
        public string Name { get; init; } = "";
        public string Kind { get; init; } = "";
        public string Persistence { get; init; } = "";
        public uint[]? Ancestors { get; init; }
        public bool IsPublished { get; init; }
        public bool HasReplicaIdentity { get; init; }
        public bool IsOwned { get; init; }
        public bool IsOfExtension { get; init; }

        public SourceTable ToTable() => new()
        {
            Oid = Oid,
            Name = new TableName(Schema, Name),
            Kind = (Kind, Persistence) switch
            {
                ("f", _) => TableKind.ForeignTable,
                ("v", _) => TableKind.View,
                ("m", _) => TableKind.MaterializedView,
                (_, "u") => TableKind.UnloggedTable,
                ("p", _) => TableKind.PartitionedTable,
                _ => TableKind.Table,
            },
            Ancestors = Ancestors ?? [],
            IsPublished = IsPublished,
            HasReplicaIdentity = HasReplicaIdentity,
            IsOwned = IsOwned,
            IsOfExtension = IsOfExtension,
        };
    }
}
