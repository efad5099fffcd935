using Npgsql;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Checks;
using Sequin.Postgres.Source.Tables;
using static Sequin.Postgres.Tests.Source.SourceTestDatabase;

namespace Sequin.Postgres.Tests.Source;

public sealed class PreflightTableTests(SourceTestServer.PerRun run) : IClassFixture<SourceTestServer.PerRun>
{
    [Fact]
    public async Task A_published_table_without_identity_breaks_updates_and_is_found_with_its_fix()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE \"No Key\" (id int); INSERT INTO \"No Key\" VALUES (1);"
            + "CREATE PUBLICATION p FOR ALL TABLES");
        await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync("UPDATE \"No Key\" SET id = 2"));
        var request = database.Request() with { PublicationName = "p", CreateSlot = true };

        var finding = Assert.Single((await LookAsync(request)).Findings);

        Assert.Equal(
            (SourceProblemCode.ReplicaIdentityMissing, ProblemSeverity.Error, "tables"),
            (finding.Code, finding.Severity, finding.Field));
        Assert.Equal("ALTER TABLE \"public\".\"No Key\" REPLICA IDENTITY FULL;", finding.FixSql);
        await database.ExecuteAsync(finding.FixSql!);
        await database.ExecuteAsync("UPDATE \"No Key\" SET id = 2");
        Assert.Empty((await LookAsync(request)).Findings);
    }

    [Theory]
    [InlineData("CREATE TABLE t (id int PRIMARY KEY)", true)]
    [InlineData("CREATE TABLE t (id int); ALTER TABLE t REPLICA IDENTITY FULL", true)]
    [InlineData("CREATE TABLE t (id int NOT NULL UNIQUE); ALTER TABLE t REPLICA IDENTITY USING INDEX t_id_key", true)]
    [InlineData("CREATE TABLE t (id int NOT NULL UNIQUE)", false)]
    [InlineData("CREATE TABLE t (id int PRIMARY KEY DEFERRABLE)", false)]
    [InlineData("CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE t REPLICA IDENTITY NOTHING", false)]
    [InlineData("CREATE TABLE t (id int NOT NULL UNIQUE); ALTER TABLE t REPLICA IDENTITY USING INDEX t_id_key;"
        + "ALTER TABLE t DROP CONSTRAINT t_id_key", false)]
    public async Task Identity_is_judged_as_postgres_does(string ddl, bool updatable)
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync($"{ddl}; INSERT INTO t VALUES (1); CREATE PUBLICATION p FOR TABLE t");

        var report = await LookAsync(database.Request() with { PublicationName = "p", CreateSlot = true });
        var failure = await Record.ExceptionAsync(() => database.ExecuteAsync("UPDATE t SET id = 2"));

        Assert.Equal(updatable, report.IsReady);
        Assert.Equal(updatable, failure is null);
    }

    [Fact]
    public async Task A_publication_of_inserts_alone_needs_no_identity()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t (id int); CREATE PUBLICATION p FOR TABLE t WITH (publish = 'insert, truncate')");

        Assert.True((await LookAsync(database.Request() with { PublicationName = "p", CreateSlot = true })).IsReady);
    }

    [Fact]
    public async Task A_partition_without_identity_is_found_behind_its_root()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "CREATE TABLE root (id int) PARTITION BY RANGE (id);"
            + "CREATE TABLE mid PARTITION OF root FOR VALUES FROM (0) TO (10) PARTITION BY LIST (id);"
            + "CREATE TABLE leaf PARTITION OF mid FOR VALUES IN (1, 2);"
            + "CREATE TABLE keyed PARTITION OF root (PRIMARY KEY (id)) FOR VALUES FROM (10) TO (20);"
            + "INSERT INTO root VALUES (1), (11)");
        var request = database.CreateBoth() with { PublicationName = "p", Tables = [new TableName("public", "root")] };

        var finding = Assert.Single((await LookAsync(request)).Findings);

        Assert.Equal("ALTER TABLE \"public\".\"leaf\" REPLICA IDENTITY FULL;", finding.FixSql);
        await database.ExecuteAsync("CREATE PUBLICATION p FOR TABLE root WITH (publish_via_partition_root = true)");
        Assert.Equal(SourceProblemCode.ReplicaIdentityMissing, Assert.Single((await LookAsync(request)).Findings).Code);
        await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync("UPDATE root SET id = 2 WHERE id = 1"));
        await database.ExecuteAsync(finding.FixSql!);
        await database.ExecuteAsync("UPDATE root SET id = 2 WHERE id = 1; UPDATE root SET id = 12 WHERE id = 11");
        Assert.Empty((await LookAsync(request)).Findings);
    }

    [Fact]
    public async Task A_table_is_covered_through_its_root_or_partition_by_partition()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "CREATE TABLE root (id int PRIMARY KEY) PARTITION BY RANGE (id);"
            + "CREATE TABLE low PARTITION OF root FOR VALUES FROM (0) TO (10);"
            + "CREATE TABLE high PARTITION OF root FOR VALUES FROM (10) TO (20);"
            + "CREATE PUBLICATION via_root FOR TABLE root WITH (publish_via_partition_root = true);"
            + "CREATE PUBLICATION by_leaf FOR TABLE root;"
            + "CREATE PUBLICATION half FOR TABLE low");
        var request = database.Request() with
        {
            CreateSlot = true,
            Tables = [new TableName("public", "root"), new TableName("public", "low")],
        };

        Assert.Empty((await LookAsync(request with { PublicationName = "via_root" })).Findings);
        var byLeaf = Assert.Single((await LookAsync(request with { PublicationName = "by_leaf" })).Findings);
        Assert.Equal((SourceProblemCode.PublicationWithoutRoot, ProblemSeverity.Warning), (byLeaf.Code, byLeaf.Severity));
        Assert.Contains(
            (await LookAsync(request with { PublicationName = "half" })).Findings,
            finding => finding.Code == SourceProblemCode.PublicationLacksTables
                && finding.FixSql == "ALTER PUBLICATION \"half\" ADD TABLE \"public\".\"root\";");
        await database.ExecuteAsync(byLeaf.FixSql!);
        Assert.Empty((await LookAsync(request with { PublicationName = "by_leaf" })).Findings);
    }

    [Fact]
    public async Task Tables_that_cannot_be_streamed_are_found_one_by_one()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "CREATE UNLOGGED TABLE fast (id int PRIMARY KEY); CREATE VIEW seen AS SELECT 1 AS id;"
            + "CREATE TABLE \"Orders\" (id int PRIMARY KEY);"
            + "CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;"
            + "CREATE FOREIGN TABLE away (id int) SERVER far");
        var request = database.CreateBoth() with
        {
            Tables = [.. new[] { "fast", "seen", "orders", "away", "Orders" }.Select(name => new TableName("public", name))],
        };

        var findings = (await LookAsync(request)).Findings;

        Assert.Equal(
            [
                SourceProblemCode.TableMissing, SourceProblemCode.TableNotPublishable, SourceProblemCode.TableNotPublishable,
                SourceProblemCode.TableUnlogged,
            ],
            findings.Select(finding => finding.Code).Order());
        Assert.Contains(
            "Is public.\"Orders\" meant?",
            findings.Single(f => f.Code == SourceProblemCode.TableMissing).Text,
            StringComparison.Ordinal);
        await database.ExecuteAsync(findings.Single(f => f.Code == SourceProblemCode.TableUnlogged).FixSql!);
        Assert.Empty((await LookAsync(request with { Tables = [new TableName("public", "fast")] })).Findings);
    }

    [Fact]
    public async Task A_table_of_another_owner_is_found()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        var role = await database.CreateRoleAsync("REPLICATION");
        await database.ExecuteAsync($"CREATE TABLE theirs (id int PRIMARY KEY);"
            + $"GRANT CREATE ON DATABASE {role.Database} TO {role.Username}");
        var request = database.CreateBoth() with { Address = role, Tables = [new TableName("public", "theirs")] };

        var finding = Assert.Single((await LookAsync(request)).Findings);

        Assert.Equal(SourceProblemCode.TableNotOwned, finding.Code);
        await database.ExecuteAsync(finding.FixSql!);
        Assert.Empty((await LookAsync(request)).Findings);
    }

    [Fact]
    public async Task Without_chosen_tables_those_that_publishing_would_break_are_left_out_and_named()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE good (id int PRIMARY KEY); CREATE TABLE no_key (id int);"
            + "CREATE UNLOGGED TABLE fast (id int PRIMARY KEY)");

        var report = await LookAsync(database.CreateBoth());

        Assert.True(report.IsReady);
        Assert.All(report.Findings, finding => Assert.Equal(SourceProblemCode.TableLeftOut, finding.Code));
        Assert.Equal(
            ["ALTER TABLE \"public\".\"fast\" SET LOGGED;", "ALTER TABLE \"public\".\"no_key\" REPLICA IDENTITY FULL;"],
            report.Findings.Select(finding => finding.FixSql!).Order());
        foreach (var finding in report.Findings)
            await database.ExecuteAsync(finding.FixSql!);
        Assert.Empty((await LookAsync(database.CreateBoth())).Findings);
    }

    [Fact]
    public async Task Many_tables_make_one_finding_of_bounded_length()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync("DO $$ BEGIN FOR i IN 1..300 LOOP EXECUTE format('CREATE TABLE t%s (id int)', i); END LOOP; END $$");
        await database.ExecuteAsync("CREATE PUBLICATION p FOR ALL TABLES");

        var finding = Assert.Single((await LookAsync(database.Request() with { PublicationName = "p", CreateSlot = true })).Findings);

        Assert.Contains("and 290 more", finding.Text, StringComparison.Ordinal);
        Assert.EndsWith("-- and 100 more", finding.FixSql, StringComparison.Ordinal);
    }
}
