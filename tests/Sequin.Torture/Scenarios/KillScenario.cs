using System.Globalization;
using Sequin.Postgres.Embedded;

namespace Sequin.Torture.Scenarios;

/// <summary>The server is killed with SIGKILL at random moments under load and started again at once.</summary>
public static class KillScenario
{
    /// <summary>Some of the kills come so soon after a start that the server is not even ready.</summary>
    private const double KillDuringStartShare = 0.25;
    private const int StartMsMax = 3_000;

    public static async Task<TortureReport> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions(), null, cancellationToken);
        await using var rig = await TortureRig.StartAsync(options, postgres, postgres, cancellationToken);
        await rig.RunAsync(token => KillAsync(rig, options, token), cancellationToken);
        return rig.Report();
    }

    private static async Task KillAsync(TortureRig rig, TortureOptions options, CancellationToken cancellationToken)
    {
        var time = options.TimeProvider;
        var random = new Random(options.Seed);
        var started = time.GetTimestamp();
        foreach (var due in StrikeTimes.Of(random, options))
        {
            var early = due - time.GetElapsedTime(started);
            if (early > TimeSpan.Zero)
                await Task.Delay(early, time, cancellationToken);

            var delivered = rig.Ledger.Seen;
            var killedAt = time.GetTimestamp();
            await rig.Server.LaunchAsync(cancellationToken);
            if (random.NextDouble() < KillDuringStartShare)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(StartMsMax)), time, cancellationToken);
                await rig.Server.LaunchAsync(cancellationToken);
            }

            await rig.Server.WaitUntilReadyAsync(cancellationToken);
            rig.Say(string.Create(CultureInfo.InvariantCulture,
                $"Killed after {delivered} messages; ready again {time.GetElapsedTime(killedAt).TotalSeconds:F1} s later."));
        }
    }
}
