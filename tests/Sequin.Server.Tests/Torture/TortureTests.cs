using Sequin.Torture.Backfills;
using Sequin.Torture.Scenarios;

namespace Sequin.Server.Tests.Torture;

/// <summary>The short form of <c>tests/Sequin.Torture</c>: a real server process, real PostgreSQL servers, real kills.</summary>
[Collection(nameof(TortureTests))]
public sealed class TortureTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Nothing_is_lost_or_repeated_when_the_server_is_killed_under_load()
    {
        var report = await KillScenario.RunAsync(
            Options() with { Duration = TimeSpan.FromSeconds(8), RowChanges = 8_000, Strikes = 2 }, TestContext.Current.CancellationToken);

        Assert.True(report.Passed, report.ToString());
    }

    [Fact]
    public async Task Nothing_is_lost_or_repeated_when_PostgreSQL_is_restarted_under_load()
    {
        var report = await RestartScenario.RunAsync(
            Options() with { Duration = TimeSpan.FromSeconds(8), RowChanges = 6_000, Strikes = 4 }, TestContext.Current.CancellationToken);

        Assert.True(report.Passed, report.ToString());
    }

    [Theory]
    [InlineData(OracleFault.Kill)]
    [InlineData(OracleFault.Immediate)]
    public async Task Random_SQL_folds_to_what_the_tables_hold_whatever_is_hurt(OracleFault fault)
    {
        var report = await OracleScenario.RunAsync(
            Options() with { Duration = TimeSpan.FromSeconds(8), Strikes = 2 }, fault, TestContext.Current.CancellationToken);

        Assert.True(report.Passed, report.ToString());
    }

    [Fact]
    public async Task Rows_that_are_read_beside_their_changes_are_never_older_when_the_server_is_killed()
    {
        var report = await BackfillScenario.RunAsync(
            Options() with { RowChanges = 30_000, Strikes = 2 }, TestContext.Current.CancellationToken);

        Assert.True(report.Passed, report.ToString());
    }

    private TortureOptions Options()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"Seed {seed}");
        return new TortureOptions { Seed = seed, Output = output.WriteLine };
    }
}
