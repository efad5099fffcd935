using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Checks;

namespace Sequin.Postgres.Tests.Source;

public sealed class GroupColumnChecksTests(SourceTestServer.PerRun run) : IClassFixture<SourceTestServer.PerRun>
{
    private const string Orders = "CREATE TABLE orders (id int PRIMARY KEY, \"Customer\" text, region text)";

    [Theory]
    [InlineData(Orders, "id")]
    [InlineData($"{Orders}; ALTER TABLE orders REPLICA IDENTITY FULL", "Customer,region")]
    [InlineData("CREATE TABLE orders (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL, UNIQUE (b, a));"
        + "ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_b_a_key", "a,b")]
    [InlineData("CREATE TABLE orders (id int, a int, PRIMARY KEY (id, a)) PARTITION BY RANGE (id)", "a")]
    [InlineData("CREATE TABLE orders (id int PRIMARY KEY, a int) PARTITION BY RANGE (id);"
        + "CREATE TABLE low PARTITION OF orders FOR VALUES FROM (0) TO (9); ALTER TABLE low REPLICA IDENTITY FULL", "a")]
    public async Task Columns_that_every_old_row_has_will_do(string ddl, string columns)
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync(ddl);

        Assert.Empty(await CheckAsync(database, "public.orders", columns.Split(',')));
    }

    [Theory]
    [InlineData(Orders, "Customer", "ALTER TABLE \"public\".\"orders\" REPLICA IDENTITY FULL;")]
    [InlineData("CREATE TABLE orders (id int, a int, PRIMARY KEY (id) INCLUDE (a))", "a",
        "ALTER TABLE \"public\".\"orders\" REPLICA IDENTITY FULL;")]
    [InlineData("CREATE TABLE orders (id int PRIMARY KEY, a int NOT NULL UNIQUE);"
        + "ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_a_key", "id", "ALTER TABLE \"public\".\"orders\" REPLICA IDENTITY FULL;")]
    [InlineData("CREATE TABLE orders (id int PRIMARY KEY, a int); ALTER TABLE orders REPLICA IDENTITY NOTHING", "id",
        "ALTER TABLE \"public\".\"orders\" REPLICA IDENTITY FULL;")]
    [InlineData("CREATE TABLE orders (id int PRIMARY KEY, a int) PARTITION BY RANGE (id); ALTER TABLE orders REPLICA IDENTITY FULL;"
        + "CREATE TABLE \"Low\" PARTITION OF orders FOR VALUES FROM (0) TO (9)", "a",
        "ALTER TABLE \"public\".\"Low\" REPLICA IDENTITY FULL;")]
    public async Task A_column_that_old_rows_lack_is_refused_with_the_fix(string ddl, string column, string fix)
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync(ddl);

        var problem = Assert.Single(await CheckAsync(database, "public.orders", column));

        Assert.Equal((SourceProblemCode.OldRowsLackColumn, fix), (problem.Code, problem.FixSql));
        Assert.Equal("tables.group_column_names", problem.Field);
        await database.ExecuteAsync(fix);
        Assert.Empty(await CheckAsync(database, "public.orders", column));
    }

    [Fact]
    public async Task Unknown_tables_and_columns_are_named_and_all_at_once()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync($"CREATE SCHEMA \"Odd.S\"; CREATE TABLE \"Odd.S\".\"T 1\" (id int PRIMARY KEY, gone int); {Orders};"
            + "ALTER TABLE \"Odd.S\".\"T 1\" DROP COLUMN gone; CREATE VIEW seen AS SELECT 1 AS id");

        var problems = await CheckAllAsync(database, new()
        {
            ["Odd.S.T 1"] = ["id", "gone"],
            ["public.orders"] = ["customer"],
            ["public.nothing"] = ["id"],
            ["public.seen"] = ["id"],
        });

        Assert.Equal(
            [
                SourceProblemCode.ColumnMissing, SourceProblemCode.ColumnMissing, SourceProblemCode.TableMissing,
                SourceProblemCode.TableMissing,
            ],
            problems.Select(problem => problem.Code));
        Assert.Contains("\"gone\"", problems[0].Text);
        Assert.Contains("\"customer\"", problems[1].Text);
        Assert.Contains("public.nothing", problems[2].Text);
    }

    [Fact]
    public async Task A_generated_column_is_refused_where_it_is_not_streamed()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "CREATE TABLE orders (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED);"
            + "ALTER TABLE orders REPLICA IDENTITY FULL");
        var version = await database.QueryAsync<int>("SELECT current_setting('server_version_num')::int");

        var problems = await CheckAsync(database, "public.orders", "twice");

        Assert.Equal(version < 180_000 ? [SourceProblemCode.ColumnNotStreamed] : [], problems.Select(problem => problem.Code));
    }

    private static Task<IReadOnlyList<SourceProblem>> CheckAsync(SourceTestDatabase database, string table, params string[] columns) =>
        CheckAllAsync(database, new() { [table] = columns });

    private static async Task<IReadOnlyList<SourceProblem>> CheckAllAsync(
        SourceTestDatabase database, Dictionary<string, IReadOnlyList<string>> columns)
    {
        await using var connection = await database.OpenAsync();
        return await GroupColumnChecks.RunAsync(connection, columns, TestContext.Current.CancellationToken);
    }
}
