using Sequin.Torture.Consumers;
using Sequin.Torture.Scenarios;

namespace Sequin.Server.Tests.Consumers.Histories;

/// <summary>The short form of <c>tests/Sequin.Torture -- consumers</c>: what receivers see over HTTP, through kills.</summary>
public sealed class ConsumerHistoryTests(KillableServer server, ITestOutputHelper output) : IClassFixture<KillableServer>
{
    private const int DrainRows = 20_000;
    private const int TopicRows = 8_000;

    /// <summary>Far below any poll, and far above what a busy machine adds.</summary>
    private static readonly TimeSpan WakeMedianMax = TimeSpan.FromMilliseconds(200);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_promise_is_kept_to_receivers_of_all_moods_while_the_server_is_killed()
    {
        var options = new TortureOptions
        {
            Seed = Random.Shared.Next(),
            Duration = TimeSpan.FromSeconds(10),
            RowChanges = 2_000,
            Pullers = 16,
            Strikes = 1,
        };
        Judge(await HistoryScenario.RunAsync(server.Rig, options, Cancel));
    }

    [Fact]
    public async Task Sixty_four_connections_get_every_row_once() =>
        Judge(await DrainScenario.RunAsync(server.Rig, DrainRows, Random.Shared.Next(), Cancel));

    [Fact]
    public async Task A_row_wakes_one_of_twenty_receivers() =>
        Judge(await WakeScenario.RunAsync(server.Rig, WakeMedianMax, Random.Shared.Next(), Cancel));

    [Fact]
    public async Task Leases_and_receipts_outlive_a_killed_server() =>
        Judge(await LeaseKillScenario.RunAsync(server.Rig, TimeSpan.FromSeconds(6), Random.Shared.Next(), Cancel));

    [Fact]
    public async Task Exactly_what_was_not_acked_comes_after_a_kill() =>
        Judge(await HolesScenario.RunAsync(server.Rig, Random.Shared.Next(), Cancel));

    [Fact]
    public async Task Two_consumers_at_different_offsets_with_workers_that_come_and_go_get_everything_once() =>
        Judge(await TopicScenario.RunAsync(server.Rig, TopicRows, Random.Shared.Next(), Cancel));

    [Fact]
    public async Task A_held_message_holds_up_its_group_only() =>
        Judge(await StuckGroupScenario.RunAsync(server.Rig, Random.Shared.Next(), Cancel));

    private void Judge(TortureReport report)
    {
        output.WriteLine(report.ToString());
        Assert.True(report.Passed, report.ToString());
    }
}
