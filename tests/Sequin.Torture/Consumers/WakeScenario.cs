using System.Globalization;
using Sequin.Testing.Clients;
using Sequin.Testing.Histories;
using Sequin.Torture.Scenarios;

namespace Sequin.Torture.Consumers;

/// <summary>Many receivers wait on an empty consumer; each committed row wakes one, the others wait until their time is up.</summary>
public static class WakeScenario
{
    private const int Receivers = 20;
    private const int Rows = 20;

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(2);

    /// <summary>Between two rows, so that whoever got the one waits again before the next.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Timers count whole milliseconds, and the server's may run out that much before ours.</summary>
    private static readonly TimeSpan EarlyMax = TimeSpan.FromMilliseconds(5);

    /// <summary>An empty answer may come so much later than it was asked for.</summary>
    private static readonly TimeSpan LateMax = TimeSpan.FromSeconds(1);

    /// <param name="rig">The server.</param>
    /// <param name="medianMax">From commit to answer.</param>
    /// <param name="seed">For the report.</param>
    /// <param name="cancellationToken">Of the scenario.</param>
    public static async Task<TortureReport> RunAsync(ConsumerRig rig, TimeSpan medianMax, int seed, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        await using var trial = await rig.BeginAsync(new ConsumerPlan { Name = "", Database = "" }, time, cancellationToken);
        // The first row finds a grain that is still waking up.
        await trial.Source.ChangeAsync([0], cancellationToken);
        await trial.DrainAsync(receivers: 1, batchSize: 1, messages: 1, cancellationToken);

        using var stop = new CancellationTokenSource();
        var calls = Enumerable.Range(0, Receivers).Select(_ => WaitAsync(trial.Connect(), stop.Token, cancellationToken)).ToList();
        var commits = new Dictionary<string, TimeSpan>();
        for (var id = 1; id <= Rows; id++)
        {
            await Task.Delay(Pause, time, cancellationToken);
            await trial.Source.ChangeAsync([id], cancellationToken);
            commits.Add(id.ToString(CultureInfo.InvariantCulture), trial.History.Now);
        }

        await Task.Delay(Pause, time, cancellationToken);
        await stop.CancelAsync();
        Judge(trial, [.. (await Task.WhenAll(calls)).SelectMany(call => call)], commits, medianMax);
        return await trial.ReportAsync(seed, cancellationToken);
    }

    private static async Task<List<RecordedCall>> WaitAsync(
        RecordingClient client, CancellationToken stop, CancellationToken cancellationToken)
    {
        var calls = new List<RecordedCall>();
        while (!stop.IsCancellationRequested)
        {
            // Each waits to its end, so that the empty answers can be judged too.
            var call = await client.ReceiveAsync(new ReceiveOptions { BatchSize = 10, Wait = Wait }, cancellationToken);
            calls.Add(call);
            if (call.Deliveries.Count > 0)
                await client.AckAsync(call.Deliveries, cancellationToken);
        }

        return calls;
    }

    private static void Judge(Trial trial, List<RecordedCall> calls, Dictionary<string, TimeSpan> commits, TimeSpan medianMax)
    {
        var deliveries = calls.SelectMany(call => call.Deliveries.Select(delivery => (delivery.Group, call.End!.Value))).ToList();
        trial.Expect(deliveries.Count == Rows, $"{deliveries.Count} answers had a row, {Rows} were committed");
        var empty = calls.Where(call => call.Deliveries.Count == 0).Select(call => call.End!.Value - call.Start).ToList();
        foreach (var waited in empty.Where(waited => waited < Wait - EarlyMax || waited > Wait + LateMax))
            trial.Expect(false, $"an empty answer came after {waited.TotalSeconds:F3} s instead of {Wait.TotalSeconds} s");

        double[] delays = [.. deliveries.Select(row => (row.Value - commits[row.Group]).TotalMilliseconds).Order()];
        var median = delays.Length == 0 ? double.NaN : delays[delays.Length / 2];
        trial.Expect(median <= medianMax.TotalMilliseconds, $"the median of commit to answer is {median:F1} ms");
        trial.Facts.Add(string.Create(CultureInfo.InvariantCulture,
            $"{Receivers} receivers waited for {Rows} rows: {deliveries.Count} answers with a row, p50 {median:F1} ms, "
            + $"max {delays.LastOrDefault():F1} ms after the commit; {empty.Count} empty answers."));
    }
}
