using Dapper;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Tests.Source;

public sealed class TableCatalogTests(SourceTestServer.PerRun run) : IClassFixture<SourceTestServer.PerRun>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tables_are_listed_with_columns_keys_and_whether_they_are_published()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "CREATE SCHEMA \"Odd.Schema\";"
            + "CREATE TABLE \"Odd.Schema\".\"T 1\" (\"B\" text NOT NULL, a int, gone int, n numeric(10,2), tags text[],"
            + " PRIMARY KEY (a, \"B\") INCLUDE (n));"
            + "ALTER TABLE \"Odd.Schema\".\"T 1\" DROP COLUMN gone; CREATE TABLE heap (id int); CREATE VIEW seen AS SELECT 1 AS id;"
            + "CREATE TABLE root (id int PRIMARY KEY) PARTITION BY RANGE (id);"
            + "CREATE TABLE low PARTITION OF root FOR VALUES FROM (0) TO (10);"
            + "CREATE PUBLICATION p FOR TABLE \"Odd.Schema\".\"T 1\", root WITH (publish_via_partition_root = true)");
        await using var connection = await database.OpenAsync();

        var tables = await TableCatalog.ListAsync(connection, "p", Token);

        var odd = tables.Single(table => table.Name == new TableName("Odd.Schema", "T 1"));
        Assert.Equal(
            [
                new SourceColumn("B", "text", true, 2), new SourceColumn("a", "integer", true, 1),
                new SourceColumn("n", "numeric(10,2)", false, null), new SourceColumn("tags", "text[]", false, null),
            ],
            odd.Columns);
        Assert.Equal((true, true, TableKind.Table, true), (odd.IsPublished, odd.HasReplicaIdentity, odd.Kind, odd.IsOwned));
        var heap = tables.Single(table => table.Name.Name == "heap");
        Assert.Equal((false, false), (heap.IsPublished, heap.HasReplicaIdentity));
        var root = tables.Single(table => table.Name.Name == "root");
        Assert.Equal((true, TableKind.PartitionedTable, false), (root.IsPublished, root.Kind, root.IsPartition));
        var low = tables.Single(table => table.Name.Name == "low");
        Assert.Equal((false, true), (low.IsPublished, low.IsPartition));
        Assert.Equal([root.Oid], low.Ancestors);
        Assert.Equal(TableKind.View, tables.Single(table => table.Name.Name == "seen").Kind);
    }

    [Theory]
    [InlineData("CREATE TABLE t (a int, b int, c int, PRIMARY KEY (c, a) INCLUDE (b))", "c,a")]
    [InlineData("CREATE TABLE t (\"A b\" int PRIMARY KEY)", "A b")]
    [InlineData("CREATE TABLE t (x int, a int NOT NULL, b int NOT NULL, UNIQUE (b, a));"
        + "ALTER TABLE t REPLICA IDENTITY USING INDEX t_b_a_key", "b,a")]
    [InlineData("CREATE TABLE t (a int PRIMARY KEY, b int NOT NULL UNIQUE); ALTER TABLE t REPLICA IDENTITY USING INDEX t_b_key", "a")]
    [InlineData("CREATE TABLE t (a int PRIMARY KEY) PARTITION BY HASH (a)", "a")]
    [InlineData("CREATE TABLE t (a int NOT NULL UNIQUE)", "")]
    [InlineData("CREATE TABLE t (a int); ALTER TABLE t REPLICA IDENTITY FULL", "")]
    public async Task The_key_comes_in_its_own_order(string ddl, string expected)
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync(ddl);
        await using var connection = await database.OpenAsync();
        var oid = await connection.ExecuteScalarAsync<uint>("SELECT 't'::regclass::oid");

        Assert.Equal(expected, string.Join(',', await TableCatalog.PrimaryKeyAsync(connection, oid, Token)));
    }

    [Fact]
    public async Task A_table_that_is_gone_has_no_key()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await using var connection = await database.OpenAsync();

        Assert.Empty(await TableCatalog.PrimaryKeyAsync(connection, 999_999, Token));
    }
}
