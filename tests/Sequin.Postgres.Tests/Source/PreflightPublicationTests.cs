using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Checks;
using Sequin.Postgres.Source.Tables;
using static Sequin.Postgres.Tests.Source.SourceTestDatabase;

namespace Sequin.Postgres.Tests.Source;

public sealed class PreflightPublicationTests(SourceTestServer.PerRun run) : IClassFixture<SourceTestServer.PerRun>
{
    private const string Publication = "\"Pub \"\"1\"\"\"";

    [Fact]
    public async Task A_missing_publication_and_slot_are_found_and_their_fixes_make_them()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE SCHEMA \"Odd.Schema\"; CREATE TABLE \"Odd.Schema\".\"T 1\" (id int PRIMARY KEY)");

        var findings = (await LookAsync(database.Request())).Findings;

        Assert.Equal(
            [SourceProblemCode.PublicationMissing, SourceProblemCode.SlotMissing], findings.Select(finding => finding.Code).Order());
        foreach (var finding in findings.OrderBy(finding => finding.Code))
            await database.ExecuteAsync(finding.FixSql!);
        Assert.Empty((await LookAsync(database.Request() with { Tables = [new TableName("Odd.Schema", "T 1")] })).Findings);
    }

    [Fact]
    public async Task Tables_that_the_publication_lacks_are_found_and_the_fix_adds_them()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync(
            $"CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE \"B\" (id int PRIMARY KEY); CREATE PUBLICATION {Publication} FOR TABLE a");
        var request = database.Request() with { CreateSlot = true, Tables = [new TableName("public", "a"), new TableName("public", "B")] };

        var finding = Assert.Single((await LookAsync(request)).Findings);

        Assert.Equal((SourceProblemCode.PublicationLacksTables, "tables"), (finding.Code, finding.Field));
        Assert.Contains("public.\"B\"", finding.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("public.a", finding.Text, StringComparison.Ordinal);
        await database.ExecuteAsync(finding.FixSql!);
        Assert.Empty((await LookAsync(request)).Findings);
    }

    [Fact]
    public async Task Operations_that_are_not_published_are_a_warning()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync(
            $"CREATE TABLE a (id int PRIMARY KEY); CREATE PUBLICATION {Publication} FOR TABLE a WITH (publish = 'insert, update')");
        var request = database.Request() with { CreateSlot = true };

        var finding = Assert.Single((await LookAsync(request)).Findings);

        Assert.Equal((SourceProblemCode.PublicationSkipsOperations, ProblemSeverity.Warning), (finding.Code, finding.Severity));
        Assert.Contains("delete, truncate", finding.Text, StringComparison.Ordinal);
        await database.ExecuteAsync(finding.FixSql!);
        Assert.Empty((await LookAsync(request)).Findings);
    }

    [Fact]
    public async Task An_empty_publication_is_a_warning()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync($"CREATE PUBLICATION {Publication}");

        var report = await LookAsync(database.Request() with { CreateSlot = true });

        Assert.Equal(SourceProblemCode.PublicationEmpty, Assert.Single(report.Findings).Code);
        Assert.True(report.IsReady);
    }

    [Fact]
    public async Task A_right_to_make_publications_that_lacks_is_found_and_the_fix_grants_it()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        var request = database.CreateBoth() with { Address = await database.CreateRoleAsync("REPLICATION") };

        var finding = Assert.Single((await LookAsync(request)).Findings);

        Assert.Equal(SourceProblemCode.PublicationNotAllowed, finding.Code);
        await database.ExecuteAsync(finding.FixSql!);
        Assert.Empty((await LookAsync(request)).Findings);
    }

    [Fact]
    public async Task Our_own_log_in_the_publication_is_warned_about_and_the_fix_takes_it_out()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "CREATE SCHEMA sequin; CREATE TABLE sequin.segments (id int PRIMARY KEY); CREATE TABLE a (id int PRIMARY KEY);"
            + $"CREATE PUBLICATION {Publication} FOR ALL TABLES");
        var request = database.Request() with { CreateSlot = true };

        var all = Assert.Single((await LookAsync(request)).Findings);
        Assert.Equal((SourceProblemCode.PublicationHoldsLog, ProblemSeverity.Warning), (all.Code, all.Severity));
        await database.ExecuteAsync(all.FixSql!);
        Assert.Empty((await LookAsync(request)).Findings);

        await database.ExecuteAsync($"ALTER PUBLICATION {Publication} ADD TABLE sequin.segments");
        await database.ExecuteAsync(Assert.Single((await LookAsync(request)).Findings).FixSql!);
        Assert.Empty((await LookAsync(request)).Findings);
    }

    [Fact]
    public async Task A_publication_older_than_its_slot_is_no_finding_even_after_it_was_altered()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync($"CREATE TABLE a (id int PRIMARY KEY); CREATE PUBLICATION {Publication} FOR TABLE a");
        await MakeSlotAsync(database);
        Assert.Empty((await LookAsync(database.Request())).Findings);

        await database.ExecuteAsync($"INSERT INTO a VALUES (1);"
            + $"ALTER PUBLICATION {Publication} SET (publish = 'insert, update, delete, truncate')");
        await database.ExecuteAsync("INSERT INTO a VALUES (2)");

        Assert.Empty((await LookAsync(database.Request())).Findings);
    }

    [Fact]
    public async Task A_publication_younger_than_what_its_slot_holds_is_found()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE a (id int PRIMARY KEY)");
        await MakeSlotAsync(database);
        await database.ExecuteAsync("INSERT INTO a VALUES (1)");
        await database.ExecuteAsync($"CREATE PUBLICATION {Publication} FOR TABLE a");
        await database.ExecuteAsync("INSERT INTO a VALUES (2)");

        var finding = Assert.Single((await LookAsync(database.Request() with { CreateSlot = true })).Findings);

        Assert.Equal((SourceProblemCode.PublicationYoungerThanSlot, ProblemSeverity.Error), (finding.Code, finding.Severity));
        await database.ExecuteAsync(finding.FixSql!);
        Assert.Empty((await LookAsync(database.Request() with { CreateSlot = true })).Findings);
    }

    [Fact]
    public async Task A_slot_that_has_nothing_from_before_the_publication_can_be_used()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE a (id int PRIMARY KEY)");
        await MakeSlotAsync(database);
        await database.ExecuteAsync($"CREATE PUBLICATION {Publication} FOR TABLE a");
        await database.ExecuteAsync("INSERT INTO a VALUES (1)");

        Assert.Empty((await LookAsync(database.Request())).Findings);
    }

    [Fact]
    public async Task A_slot_that_would_be_older_than_the_publication_to_be_made_is_found()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await MakeSlotAsync(database);

        Assert.Equal(
            SourceProblemCode.PublicationYoungerThanSlot, Assert.Single((await LookAsync(database.CreateBoth())).Findings).Code);
    }

    private static Task MakeSlotAsync(SourceTestDatabase database) =>
        database.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{database.SlotName}', 'pgoutput')");
}
