using Dapper;
using Npgsql;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Setup;
using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Tests.Source;

public sealed class PublicationSetupTests(SourceTestServer.PerRun run) : IClassFixture<SourceTestServer.PerRun>
{
    [Fact]
    public async Task Chosen_tables_with_odd_names_are_published_via_their_root()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "CREATE SCHEMA \"Odd.Schema\"; CREATE TABLE \"Odd.Schema\".\"T 1\" (id int PRIMARY KEY);"
            + "CREATE TABLE \"say \"\"hi\"\"\" (id int PRIMARY KEY);"
            + "CREATE TABLE \"select\" (id int PRIMARY KEY); CREATE TABLE root (id int PRIMARY KEY) PARTITION BY RANGE (id);"
            + "CREATE TABLE low PARTITION OF root FOR VALUES FROM (0) TO (10)");
        TableName[] tables = [new("Odd.Schema", "T 1"), new("public", "say \"hi\""), new("public", "select"), new("public", "root")];

        var creation = await CreateAsync(database, tables);

        Assert.True(creation.Created);
        Assert.Equal(tables, creation.Tables);
        Assert.Equal(tables.Order(ByText), (await PublishedAsync(database)).Order(ByText));
        Assert.Equal("t t t t t", await database.QueryAsync<string>(
            "SELECT concat_ws(' ', pubinsert, pubupdate, pubdelete, pubtruncate, pubviaroot) FROM pg_publication"));
    }

    [Fact]
    public async Task Without_chosen_tables_all_are_published_that_publishing_does_not_break()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "CREATE SCHEMA app; CREATE TABLE app.orders (id int PRIMARY KEY); CREATE TABLE whole (id int);"
            + "ALTER TABLE whole REPLICA IDENTITY FULL;"
            + "CREATE TABLE root (id int PRIMARY KEY) PARTITION BY RANGE (id);"
            + "CREATE TABLE low PARTITION OF root FOR VALUES FROM (0) TO (10);"
            + "CREATE TABLE no_key (id int); CREATE UNLOGGED TABLE fast (id int PRIMARY KEY); CREATE VIEW seen AS SELECT 1 AS id;"
            + "CREATE SCHEMA sequin; CREATE TABLE sequin.segments (id int PRIMARY KEY);"
            + "CREATE SCHEMA orleans; CREATE TABLE orleans.orleansstorage (id int PRIMARY KEY)");

        var creation = await CreateAsync(database, []);

        Assert.Equal(["app.orders", "public.root", "public.whole"], creation.Tables.Select(table => table.ToString()).Order());
        Assert.Equal(creation.Tables.Order(ByText), (await PublishedAsync(database)).Order(ByText));
        await database.ExecuteAsync("INSERT INTO no_key VALUES (1); UPDATE no_key SET id = 2");
    }

    [Fact]
    public async Task A_role_without_superuser_publishes_its_own_tables()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        var role = await database.CreateRoleAsync("REPLICATION");
        await database.ExecuteAsync(
            $"GRANT CREATE ON DATABASE {role.Database} TO {role.Username}; CREATE SCHEMA app AUTHORIZATION {role.Username};"
            + $"CREATE TABLE theirs (id int PRIMARY KEY); CREATE TABLE app.ours (id int PRIMARY KEY);"
            + $"ALTER TABLE app.ours OWNER TO {role.Username}");
        await using var connection = await SourceConnector.OpenAsync(role, TestContext.Current.CancellationToken);

        var creation = await PublicationSetup.CreateAsync(
            connection, database.PublicationName, [], TestContext.Current.CancellationToken);

        Assert.Equal([new TableName("app", "ours")], creation.Tables);
    }

    [Fact]
    public async Task A_database_without_tables_gets_an_empty_publication()
    {
        await using var database = await run.Server.CreateDatabaseAsync();

        var creation = await CreateAsync(database, []);

        Assert.True(creation.Created);
        Assert.Empty(creation.Tables);
        Assert.Empty(await PublishedAsync(database));
    }

    [Fact]
    public async Task A_taken_name_is_told_and_left_as_it_is()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)");
        await CreateAsync(database, [new TableName("public", "a")]);

        Assert.False((await CreateAsync(database, [new TableName("public", "b")])).Created);
        Assert.Equal([new TableName("public", "a")], await PublishedAsync(database));
    }

    [Fact]
    public async Task Of_two_creations_at_once_one_creates_and_one_finds_the_name_taken()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE a (id int PRIMARY KEY)");
        await using var first = await database.OpenAsync();
        await using var transaction = await first.BeginTransactionAsync(TestContext.Current.CancellationToken);
        Assert.True((await PublicationSetup.CreateAsync(first, "p", [], TestContext.Current.CancellationToken)).Created);

        await using var second = await database.OpenAsync();
        var waiting = PublicationSetup.CreateAsync(second, "p", [], TestContext.Current.CancellationToken);
        await UntilWaitingAsync(database, second.ProcessID);
        await transaction.CommitAsync(TestContext.Current.CancellationToken);

        Assert.False((await waiting).Created);
    }

    [Theory]
    [InlineData("gone", SourceProblemCode.TableMissing)]
    [InlineData("seen", SourceProblemCode.TableNotPublishable)]
    [InlineData("fast", SourceProblemCode.TableNotPublishable)]
    public async Task A_table_that_cannot_be_published_is_a_problem_and_leaves_nothing(string table, SourceProblemCode code)
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE VIEW seen AS SELECT 1 AS id; CREATE UNLOGGED TABLE fast (id int PRIMARY KEY)");

        var refused = await Assert.ThrowsAsync<SourceProblemException>(() => CreateAsync(database, [new TableName("public", table)]));

        Assert.Equal((code, "tables"), (refused.Problem.Code, refused.Problem.Field));
        await using var connection = await database.OpenAsync();
        Assert.False(await PublicationSetup.ExistsAsync(connection, database.PublicationName, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_role_without_the_right_is_told_so()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await using var connection = await SourceConnector.OpenAsync(
            await database.CreateRoleAsync("REPLICATION"), TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<SourceProblemException>(
            () => PublicationSetup.CreateAsync(connection, "p", [], TestContext.Current.CancellationToken));

        Assert.Equal(SourceProblemCode.PublicationNotAllowed, refused.Problem.Code);
    }

    [Fact]
    public async Task Dropping_a_publication_twice_is_no_error()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await CreateAsync(database, []);
        await using var connection = await database.OpenAsync();

        Assert.True(await PublicationSetup.ExistsAsync(connection, database.PublicationName, TestContext.Current.CancellationToken));
        await PublicationSetup.DropAsync(connection, database.PublicationName, TestContext.Current.CancellationToken);
        await PublicationSetup.DropAsync(connection, database.PublicationName, TestContext.Current.CancellationToken);
        Assert.False(await PublicationSetup.ExistsAsync(connection, database.PublicationName, TestContext.Current.CancellationToken));
    }

    private static readonly Comparer<TableName> ByText =
        Comparer<TableName>.Create((left, right) => string.CompareOrdinal(left.ToString(), right.ToString()));

    private static async Task<PublicationCreation> CreateAsync(SourceTestDatabase database, IReadOnlyList<TableName> tables)
    {
        await using var connection = await database.OpenAsync();
        return await PublicationSetup.CreateAsync(connection, database.PublicationName, tables, TestContext.Current.CancellationToken);
    }

    private static async Task<IReadOnlyList<TableName>> PublishedAsync(SourceTestDatabase database)
    {
        await using var connection = await database.OpenAsync();
        var tables = await TableCatalog.ListAsync(connection, database.PublicationName, TestContext.Current.CancellationToken);
        return [.. tables.Where(table => table.IsPublished).Select(table => table.Name)];
    }

    private static async Task UntilWaitingAsync(SourceTestDatabase database, int pid)
    {
        await using var connection = await database.OpenAsync();
        while (!await connection.ExecuteScalarAsync<bool>($"SELECT cardinality(pg_blocking_pids({pid})) > 0"))
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
    }
}
