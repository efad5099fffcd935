using System.Globalization;
using Sequin.Testing.Clients;
using Sequin.Torture.Load;
using Sequin.Torture.Scenarios;
using Sequin.Torture.Verdicts;

namespace Sequin.Torture.Consumers;

/// <summary>
/// Receivers of all moods on a few hundred groups, while writers go on and the server is killed. What they saw is a history, and that
/// is judged.
/// </summary>
public static class HistoryScenario
{
    private const int Groups = 300;
    private const int TransactionRowsMax = 10;

    /// <summary>Leases last at most so long, before they are extended by half.</summary>
    private static readonly TimeSpan VisibilityMax = TimeSpan.FromMilliseconds(1_200);
    private static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(30);

    public static async Task<TortureReport> RunAsync(ConsumerRig rig, TortureOptions options, CancellationToken cancellationToken)
    {
        var time = options.TimeProvider;
        var plan = new ConsumerPlan { Name = "", Database = "", VisibilityTimeout = VisibilityMax };
        await using var trial = await rig.BeginAsync(plan, time, cancellationToken);
        var progress = new WorkerProgress();
        var workers = Enumerable.Range(0, options.Pullers)
            .Select(number => new Worker(trial.Connect(), progress, options.Seed, number, VisibilityMax, time)).ToList();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var working = Task.WhenAll(workers.Select(worker => Task.Run(() => worker.RunAsync(stop.Token), CancellationToken.None)));

        await Task.WhenAll(WriteAsync(trial.Source, options, cancellationToken), KillAsync(trial, options, cancellationToken));
        workers.ForEach(worker => worker.IsGood = true);
        var committed = await trial.Source.CommittedAsync(cancellationToken);
        await SettleAsync(trial, progress, committed.Count, time, cancellationToken);
        // Whatever comes again must come now: every lease runs out.
        await Task.Delay(VisibilityMax * 2, time, cancellationToken);
        await stop.CancelAsync();
        await working;
        await trial.ExpectNothingAsync(TimeSpan.FromMilliseconds(100), cancellationToken);
        return await trial.ReportAsync(options.Seed, cancellationToken);
    }

    private static Task WriteAsync(TaskSource source, TortureOptions options, CancellationToken cancellationToken)
    {
        var pace = new LoadPace(
            new LoadPlan(options.Seed, options.Writers, options.RowChanges, options.Duration), options.TimeProvider);
        return Task.WhenAll(Enumerable.Range(0, options.Writers).Select(async number =>
        {
            var random = new Random(unchecked(options.Seed * 397 + 10_000 + number));
            while (!pace.IsDone)
            {
                var ids = Enumerable.Range(0, random.Next(1, TransactionRowsMax + 1))
                    .Select(_ => random.NextInt64(Groups)).Distinct().ToList();
                await source.ChangeAsync(ids, cancellationToken);
                await pace.AddAsync(ids.Count, cancellationToken);
            }
        }));
    }

    private static async Task KillAsync(Trial trial, TortureOptions options, CancellationToken cancellationToken)
    {
        var time = options.TimeProvider;
        var started = time.GetTimestamp();
        foreach (var due in StrikeTimes.Of(new Random(options.Seed), options))
        {
            var early = due - time.GetElapsedTime(started);
            if (early > TimeSpan.Zero)
                await Task.Delay(early, time, cancellationToken);
            var killedAt = time.GetTimestamp();
            await trial.KillAsync(cancellationToken);
            await trial.RestartAsync(cancellationToken);
            trial.Facts.Add(string.Create(CultureInfo.InvariantCulture,
                $"Killed after {due.TotalSeconds:F1} s, ready {time.GetElapsedTime(killedAt).TotalSeconds:F1} s later."));
        }
    }

    private static async Task SettleAsync(
        Trial trial, WorkerProgress progress, int target, TimeProvider time, CancellationToken cancellationToken)
    {
        var reached = progress.WhenAsync(target);
        while (true)
        {
            var before = progress.Count;
            try
            {
                await reached.WaitAsync(StallTimeout, time, cancellationToken);
                return;
            }
            catch (TimeoutException) when (progress.Count > before)
            {
                // Slow, and on its way.
            }
            catch (TimeoutException)
            {
                trial.Findings.Add(FindingKinds.Stalled, $"{StallTimeout} without an ack: {before} of {target} are acked");
                return;
            }
        }
    }
}
