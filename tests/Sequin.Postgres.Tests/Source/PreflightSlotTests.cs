using Dapper;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Checks;
using static Sequin.Postgres.Tests.Source.SourceTestDatabase;

namespace Sequin.Postgres.Tests.Source;

public sealed class PreflightSlotTests(SourceTestServer.PerRun run) : IClassFixture<SourceTestServer.PerRun>
{
    [Theory]
    [InlineData("Upper")]
    [InlineData("with-dash")]
    [InlineData("")]
    public async Task A_name_that_no_slot_may_have_is_found(string name)
    {
        await using var database = await PublishedAsync(run.Server);

        var finding = Assert.Single((await LookAsync(database.Request() with { SlotName = name, CreateSlot = true })).Findings);

        Assert.Equal((SourceProblemCode.SlotNameInvalid, "replication_slots"), (finding.Code, finding.Field));
    }

    [Theory]
    [InlineData("SELECT pg_create_logical_replication_slot('{0}', 'test_decoding')", SourceProblemCode.SlotWrongPlugin)]
    [InlineData("SELECT pg_create_logical_replication_slot('{0}', 'pgoutput', false, true)", SourceProblemCode.SlotTwoPhase)]
    public async Task A_slot_of_the_wrong_kind_is_found_and_the_fix_makes_it_right(string make, SourceProblemCode code)
    {
        await using var database = await PublishedAsync(run.Server);
        await database.ExecuteAsync(string.Format(null, make, database.SlotName));

        var finding = Assert.Single((await LookAsync(database.Request())).Findings);

        Assert.Equal((code, ProblemSeverity.Error), (finding.Code, finding.Severity));
        foreach (var statement in finding.FixSql!.Split('\n'))
            await database.ExecuteAsync(statement);
        Assert.Empty((await LookAsync(database.Request())).Findings);
    }

    [Fact]
    public async Task A_physical_slot_is_found()
    {
        await using var database = await PublishedAsync(run.Server);
        await database.ExecuteAsync($"SELECT pg_create_physical_replication_slot('{database.SlotName}')");

        var finding = Assert.Single((await LookAsync(database.Request())).Findings);

        await database.ExecuteAsync($"SELECT pg_drop_replication_slot('{database.SlotName}')");
        Assert.Equal(SourceProblemCode.SlotNotLogical, finding.Code);
    }

    [Fact]
    public async Task A_temporary_slot_is_found()
    {
        await using var database = await PublishedAsync(run.Server);
        await using var owner = await database.OpenAsync();
        await owner.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{database.SlotName}', 'pgoutput', true)");

        Assert.Equal(SourceProblemCode.SlotTemporary, Assert.Single((await LookAsync(database.Request())).Findings).Code);
    }

    [Fact]
    public async Task A_slot_of_another_database_is_found()
    {
        await using var other = await PublishedAsync(run.Server);
        await using var database = await PublishedAsync(run.Server);
        await other.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{other.SlotName}', 'pgoutput')");

        var finding = Assert.Single((await LookAsync(database.Request() with { SlotName = other.SlotName })).Findings);

        Assert.Equal(SourceProblemCode.SlotOtherDatabase, finding.Code);
        Assert.Contains(other.Address.Database, finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slot_that_somebody_reads_is_found_and_the_fix_frees_it()
    {
        await using var database = await PublishedAsync(run.Server);
        await database.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{database.SlotName}', 'pgoutput')");
        await using var reader = await SlotReader.StartAsync(database.Address, database.SlotName, database.PublicationName, "stranger");

        var finding = Assert.Single((await LookAsync(database.Request() with { IsAttached = true })).Findings);

        Assert.Equal(SourceProblemCode.SlotInUse, finding.Code);
        Assert.Contains("stranger", finding.Text, StringComparison.Ordinal);
        await database.ExecuteAsync(finding.FixSql!);
        await reader.UntilEndedAsync();
    }

    [Fact]
    public async Task A_slot_that_we_read_already_is_no_finding_for_an_attached_source()
    {
        await using var database = await PublishedAsync(run.Server);
        await database.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{database.SlotName}', 'pgoutput')");
        await using var reader = await SlotReader.StartAsync(
            database.Address, database.SlotName, database.PublicationName, SessionSettings.ApplicationName);

        Assert.Empty((await LookAsync(database.Request() with { IsAttached = true })).Findings);
        Assert.Equal(SourceProblemCode.SlotInUse, Assert.Single((await LookAsync(database.Request())).Findings).Code);
    }

    [Fact]
    public async Task A_slot_behind_the_limit_is_warned_about_and_a_lost_one_is_an_error()
    {
        await using var server = await SourceTestServer.StartAsync(
            ["max_slot_wal_keep_size=1MB", "min_wal_size=2MB", "max_wal_size=4MB", "checkpoint_timeout=1h"]);
        await using var database = await PublishedAsync(server);
        await database.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{database.SlotName}', 'pgoutput')");

        var seen = new List<SourceProblemCode>();
        for (var segment = 1; segment <= 20 && !seen.Contains(SourceProblemCode.SlotLost); segment++)
        {
            await database.ExecuteAsync($"INSERT INTO orders VALUES ({segment})");
            await database.ExecuteAsync("SELECT pg_switch_wal()");
            if (segment == 8)
                await database.ExecuteAsync("CHECKPOINT");
            seen.AddRange((await LookAsync(database.Request())).Findings.Select(finding => finding.Code));
        }

        Assert.Contains(SourceProblemCode.SlotNearlyLost, seen);
        Assert.Contains(SourceProblemCode.SlotLost, seen);
    }

    private static async Task<SourceTestDatabase> PublishedAsync(SourceTestServer server)
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE orders (id int PRIMARY KEY); CREATE PUBLICATION \"Pub \"\"1\"\"\" FOR TABLE orders");
        return database;
    }
}
