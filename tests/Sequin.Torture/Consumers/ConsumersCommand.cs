using System.CommandLine;
using Sequin.Postgres.Embedded;
using Sequin.Torture.Scenarios;

namespace Sequin.Torture.Consumers;

internal static class ConsumersCommand
{
    private const string History = "history";
    private const int SecondsDefault = 600;
    private const int StrikeSeconds = 30;
    private const int RowsPerSecond = 150;
    private const int Workers = 16;

    private static readonly TimeSpan WakeMedianMax = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LeaseKillVisibility = TimeSpan.FromSeconds(30);

    private static readonly Dictionary<string, Func<ConsumerRig, TortureOptions, CancellationToken, Task<TortureReport>>> Scenarios = new()
    {
        [History] = HistoryScenario.RunAsync,
        ["drain"] = (rig, options, token) => DrainScenario.RunAsync(rig, DrainScenario.RowsDefault, options.Seed, token),
        ["wake"] = (rig, options, token) => WakeScenario.RunAsync(rig, WakeMedianMax, options.Seed, token),
        ["lease-kill"] = (rig, options, token) => LeaseKillScenario.RunAsync(rig, LeaseKillVisibility, options.Seed, token),
        ["topic"] = (rig, options, token) => TopicScenario.RunAsync(rig, TopicScenario.RowsDefault, options.Seed, token),
        ["holes"] = (rig, options, token) => HolesScenario.RunAsync(rig, options.Seed, token),
        ["stuck-group"] = (rig, options, token) => StuckGroupScenario.RunAsync(rig, options.Seed, token),
    };

    public static Command Create()
    {
        var scenario = new Option<string>("--scenario") { Description = "Which.", DefaultValueFactory = _ => History };
        scenario.AcceptOnlyFromAmong([.. Scenarios.Keys]);
        var seconds = new Option<int>("--seconds")
        {
            Description = $"Of {History}: the writing is spread over so many.",
            DefaultValueFactory = _ => SecondsDefault,
        };
        var seed = new Option<int?>("--seed") { Description = "Decides everything random. Default: another one each time." };
        var command = new Command("consumers", "Judges what receivers of all moods see of a consumer, while its server is killed.")
        {
            scenario, seconds, seed,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            Scenarios[parsed.GetValue(scenario)!], OptionsOf(parsed.GetValue(seconds), parsed.GetValue(seed)), cancellationToken));
        return command;
    }

    private static TortureOptions OptionsOf(int seconds, int? seed) => new()
    {
        Seed = seed ?? Random.Shared.Next(),
        Duration = TimeSpan.FromSeconds(seconds),
        RowChanges = seconds * RowsPerSecond,
        Pullers = Workers,
        Strikes = Math.Max(1, seconds / StrikeSeconds),
    };

    private static async Task<int> RunAsync(
        Func<ConsumerRig, TortureOptions, CancellationToken, Task<TortureReport>> scenario, TortureOptions options,
        CancellationToken cancellationToken)
    {
        Console.WriteLine($"Seed {options.Seed}");
        await using var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions(), null, cancellationToken);
        await using var rig = await ConsumerRig.StartAsync(postgres, cancellationToken);
        var report = await scenario(rig, options, cancellationToken);
        Console.WriteLine(report);
        return report.Passed ? 0 : 1;
    }
}
