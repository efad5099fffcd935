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
        var recoveries = new List<Task>();
        await rig.RunAsync(token => KillAsync(rig, options, recoveries, token), cancellationToken);
        // After the last kill there may have been no message left to come.
        await Task.WhenAll(recoveries.Where(recovery => recovery.IsCompleted));
        return rig.Report();
    }

    private static async Task KillAsync(
        TortureRig rig, TortureOptions options, List<Task> recoveries, CancellationToken cancellationToken)
    {
        var time = options.TimeProvider;
        var random = new Random(options.Seed);
        var started = time.GetTimestamp();
        foreach (var due in StrikeTimes.Of(random, options))
        {
            var early = due - time.GetElapsedTime(started);
            if (early > TimeSpan.Zero)
                await Task.Delay(early, time, cancellationToken);

            var killedAt = time.GetTimestamp();
            await rig.Server.KillAsync(cancellationToken);
            var seen = rig.Ledger.Seen;
            await rig.Server.LaunchAsync(cancellationToken);
            if (random.NextDouble() < KillDuringStartShare)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(StartMsMax)), time, cancellationToken);
                await rig.Server.LaunchAsync(cancellationToken);
            }

            await rig.Server.WaitUntilReadyAsync(cancellationToken);
            var ready = time.GetElapsedTime(killedAt);
            recoveries.Add(ReportAsync(rig, seen, killedAt, ready, time));
        }
    }

    // Not waited for before the next kill: that may as well hit a server that is still finding its feet.
    private static async Task ReportAsync(TortureRig rig, int seen, long killedAt, TimeSpan ready, TimeProvider time)
    {
        await rig.Ledger.WhenAsync(ledger => ledger.Seen > seen);
        var delivering = time.GetElapsedTime(killedAt);
        rig.Say(string.Create(CultureInfo.InvariantCulture,
            $"Killed after {seen} messages: ready {ready.TotalSeconds:F1} s later, a new message after {delivering.TotalSeconds:F1} s."));
    }
}
