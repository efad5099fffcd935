using System.Globalization;
using Sequin.Postgres.Embedded;
using Sequin.Testing;
using Sequin.Torture.Verdicts;

namespace Sequin.Torture.Scenarios;

/// <summary>
/// The source's PostgreSQL and the log's are restarted under load, politely and not. After each the whole way must work again within
/// ten seconds, and a polite stop of the source must not wait for us.
/// </summary>
public static class RestartScenario
{
    private static readonly TimeSpan RecoveryMax = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(60);

    public static async Task<TortureReport> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var source = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions(), null, cancellationToken);
        await using var log = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions(), null, cancellationToken);
        await using var rig = await TortureRig.StartAsync(options, source, log, cancellationToken);
        await rig.RunAsync(token => RestartAsync(rig, source, log, options, token), cancellationToken);
        await StopIdleSourceAsync(rig, source, options.TimeProvider, cancellationToken);
        return rig.Report();
    }

    private static async Task RestartAsync(
        TortureRig rig, EmbeddedPostgres source, EmbeddedPostgres log, TortureOptions options, CancellationToken cancellationToken)
    {
        (string Name, EmbeddedPostgres Server, ShutdownMode Mode)[] strikes =
        [
            ("source", source, ShutdownMode.Fast),
            ("source", source, ShutdownMode.Immediate),
            ("log", log, ShutdownMode.Fast),
            ("log", log, ShutdownMode.Immediate),
        ];
        var time = options.TimeProvider;
        var random = new Random(options.Seed);
        random.Shuffle(strikes);
        var started = time.GetTimestamp();
        var number = 0;
        foreach (var due in StrikeTimes.Of(random, options))
        {
            var early = due - time.GetElapsedTime(started);
            if (early > TimeSpan.Zero)
                await Task.Delay(early, time, cancellationToken);

            var (name, server, mode) = strikes[number % strikes.Length];
            var stopped = await StopAsync(rig, server, mode, $"{mode} stop of the {name}", time, cancellationToken);
            await server.RestartAsync(mode, cancellationToken);
            var recovered = await RecoverAsync(rig, number, time, cancellationToken);
            rig.Say(string.Create(CultureInfo.InvariantCulture,
                $"{mode} restart of the {name}: stopped in {stopped.TotalSeconds:F2} s, works {recovered.TotalSeconds:F2} s after."));
            if (recovered > RecoveryMax)
                rig.Findings.Add(FindingKinds.SlowRecovery, $"{mode} restart of the {name}: {recovered}");
            number++;
        }
    }

    private static async Task StopIdleSourceAsync(
        TortureRig rig, EmbeddedPostgres source, TimeProvider time, CancellationToken cancellationToken)
    {
        var elapsed = await StopAsync(rig, source, ShutdownMode.Fast, "Fast stop of the idle source", time, cancellationToken);
        rig.Say(string.Create(CultureInfo.InvariantCulture, $"Fast stop of the idle source, connected: {elapsed.TotalSeconds:F2} s."));
    }

    private static async Task<TimeSpan> StopAsync(
        TortureRig rig, EmbeddedPostgres server, ShutdownMode mode, string what, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        await server.StopAsync(mode, cancellationToken);
        var elapsed = time.GetElapsedTime(started);
        if (elapsed > StopMax)
            rig.Findings.Add(FindingKinds.SlowStop, $"{what}: {elapsed}");
        return elapsed;
    }

    /// <summary>From now until a change that is committed now has been delivered, and an ack answered after it.</summary>
    private static async Task<TimeSpan> RecoverAsync(TortureRig rig, int number, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var marker = await Marker.WriteAsync(rig.Source, number, time, cancellationToken);
        try
        {
            await rig.Ledger.WhenAsync(ledger => ledger.HasSeen(marker)).WaitAsync(GiveUpAfter, time, cancellationToken);
            var finished = rig.Ledger.Finished;
            await rig.Ledger.WhenAsync(ledger => ledger.Finished > finished).WaitAsync(GiveUpAfter, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            rig.Findings.Add(FindingKinds.Stalled, $"{marker} was not delivered, or nothing acked behind it, after {GiveUpAfter}");
        }

        return time.GetElapsedTime(started);
    }
}
