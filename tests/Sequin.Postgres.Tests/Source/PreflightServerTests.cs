using Dapper;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Checks;
using static Sequin.Postgres.Tests.Source.SourceTestDatabase;

namespace Sequin.Postgres.Tests.Source;

public sealed class PreflightServerTests(SourceTestServer.PerRun run) : IClassFixture<SourceTestServer.PerRun>
{
    [Fact]
    public async Task A_ready_source_has_no_findings_and_says_who_it_is()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE orders (id int PRIMARY KEY)");

        var report = await LookAsync(database.CreateBoth());

        Assert.Empty(report.Findings);
        Assert.True(report.IsReady);
        Assert.Equal(database.Address.Database, report.Server!.Database);
        Assert.Null(report.Slot);
    }

    [Fact]
    public async Task A_source_that_does_not_let_us_in_is_one_finding()
    {
        await using var database = await run.Server.CreateDatabaseAsync();

        var report = await LookAsync(database.CreateBoth() with { Address = database.Address with { Password = "wrong" } });

        Assert.Equal(SourceProblemCode.WrongPassword, Assert.Single(report.Findings).Code);
        Assert.False(report.IsReady);
        Assert.Null(report.Server);
    }

    [Fact]
    public async Task A_wal_level_below_logical_is_found_with_its_fix()
    {
        await using var server = await SourceTestServer.StartAsync(["wal_level=replica"]);
        await using var database = await server.CreateDatabaseAsync();

        var finding = Assert.Single((await LookAsync(database.CreateBoth())).Findings);

        Assert.Equal((SourceProblemCode.WalLevelWrong, ProblemSeverity.Error), (finding.Code, finding.Severity));
        Assert.Equal("ALTER SYSTEM SET wal_level = logical;", finding.FixSql);
        await database.ExecuteAsync(finding.FixSql!);
    }

    [Fact]
    public async Task A_role_without_replication_is_found_and_the_fix_mends_it()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        var role = await database.CreateRoleAsync("");
        await database.ExecuteAsync($"GRANT CREATE ON DATABASE {database.Address.Database} TO {role.Username}");
        var request = database.CreateBoth() with { Address = role };

        var finding = Assert.Single((await LookAsync(request)).Findings);

        Assert.Equal((SourceProblemCode.NoReplicationPrivilege, "username"), (finding.Code, finding.Field));
        await database.ExecuteAsync(finding.FixSql!);
        Assert.Empty((await LookAsync(request)).Findings);
    }

    [Fact]
    public async Task Membership_in_rds_replication_is_a_replication_right()
    {
        await using var server = await SourceTestServer.StartAsync(["max_replication_slots=1", "max_wal_senders=1"]);
        await using var database = await server.CreateDatabaseAsync();
        var role = await database.CreateRoleAsync("");
        await database.ExecuteAsync($"CREATE ROLE rds_replication;"
            + $"GRANT CREATE ON DATABASE {database.Address.Database} TO {role.Username}");
        var request = database.CreateBoth() with { Address = role };

        Assert.Equal($"GRANT rds_replication TO \"{role.Username}\";", Assert.Single((await LookAsync(request)).Findings).FixSql);
        await database.ExecuteAsync($"GRANT rds_replication TO {role.Username}");
        Assert.Empty((await LookAsync(request)).Findings);
    }

    [Fact]
    public async Task Used_up_slots_and_walsenders_are_found()
    {
        await using var server = await SourceTestServer.StartAsync(["max_replication_slots=1", "max_wal_senders=1"]);
        await using var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE PUBLICATION other");
        await database.ExecuteAsync("SELECT pg_create_logical_replication_slot('other', 'pgoutput')");
        await using var reader = await SlotReader.StartAsync(database.Address, "other", "other", "stranger");

        var findings = (await LookAsync(database.CreateBoth())).Findings;

        Assert.Equal([SourceProblemCode.NoFreeSlot, SourceProblemCode.NoFreeWalSender], findings.Select(finding => finding.Code));
        foreach (var fix in findings.SelectMany(finding => finding.FixSql!.Split('\n')))
            await database.ExecuteAsync(fix);
    }

    [Fact]
    public async Task A_standby_is_refused_before_16()
    {
        await using var server = await SourceTestServer.StartAsync([], data =>
        {
            File.WriteAllText($"{data}/standby.signal", "");
            SourceTestServer.GiveToServer($"{data}/standby.signal");
        });
        var request = new PreflightRequest
        {
            Address = server.Address(),
            SlotName = "s",
            PublicationName = "p",
            CreatePublication = true,
            CreateSlot = true,
        };

        var report = await LookAsync(request);

        Assert.Contains(report.Findings, finding => finding.Code == SourceProblemCode.ServerIsStandby);
        Assert.Contains(report.Findings, finding => finding.Code == SourceProblemCode.PublicationNotAllowed);
        Assert.True(report.Server!.IsStandby);
    }

    [Fact]
    public async Task A_prepared_transaction_that_a_new_slot_would_wait_for_is_a_warning()
    {
        await using var server = await SourceTestServer.StartAsync(["max_prepared_transactions=2"]);
        await using var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("BEGIN; CREATE TABLE t (id int); PREPARE TRANSACTION 'left behind'");

        var report = await LookAsync(database.CreateBoth());

        var finding = Assert.Single(report.Findings);
        Assert.Equal((SourceProblemCode.SlotCreationMustWait, ProblemSeverity.Warning), (finding.Code, finding.Severity));
        Assert.True(report.IsReady);
        await database.ExecuteAsync(finding.FixSql!);
        await database.ExecuteAsync("ROLLBACK PREPARED 'left behind'");
    }

    [Fact]
    public async Task A_server_tells_its_system_identifier_timeline_position_and_version()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await using var connection = await database.OpenAsync();

        var first = await SourceServer.IdentifyAsync(connection, TestContext.Current.CancellationToken);
        await connection.ExecuteAsync("CREATE TABLE t (id int)");
        var second = await SourceServer.IdentifyAsync(connection, TestContext.Current.CancellationToken);

        Assert.Equal(
            await connection.ExecuteScalarAsync<string>("SELECT system_identifier::text FROM pg_control_system()"),
            first.SystemIdentifier);
        Assert.Equal(1, first.Timeline);
        Assert.True(second.CurrentLsn > first.CurrentLsn);
        Assert.True(first.VersionNumber >= 140000);
        Assert.StartsWith(connection.PostgreSqlVersion.ToString(), first.Version, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_that_may_only_connect_and_replicate_can_ask_a_server_who_it_is()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await using var connection = await SourceConnector.OpenAsync(
            await database.CreateRoleAsync("REPLICATION"), TestContext.Current.CancellationToken);

        Assert.NotEmpty((await SourceServer.IdentifyAsync(connection, TestContext.Current.CancellationToken)).SystemIdentifier);
    }
}
