using System.Globalization;
using System.Text.Json.Nodes;
using Sequin.Testing;
using Sequin.Testing.Clients;
using Sequin.Torture.Scenarios;
using Sequin.Torture.Verdicts;

namespace Sequin.Torture.Consumers;

/// <summary>
/// A table as a topic: two consumers of one stream, the second from an offset in the middle, with workers that come and go while the
/// table is written to. Each gets every message of its part once, those of a row in order; nothing is configured for it.
/// </summary>
public static class TopicScenario
{
    public const int RowsDefault = 100_000;

    private const int Groups = 200;
    private const int TransactionRows = 50;
    private const int WorkersMax = 8;
    /// <summary>What a worker takes with it when it goes comes to another one after so long.</summary>
    private static readonly TimeSpan VisibilityTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    public static async Task<TortureReport> RunAsync(ConsumerRig rig, int rows, int seed, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var plan = new ConsumerPlan { Name = "", Database = "", VisibilityTimeout = VisibilityTimeout };
        await using var trial = await rig.BeginAsync(plan, time, cancellationToken);
        var source = trial.Source;
        using var api = new ApiClient(rig.Server.Address, rig.Server.Token);
        var started = time.GetTimestamp();
        using var first = new WorkerPool(rig.Server, source.Name, from: 1, rows, trial.Findings, new Random(seed), WorkersMax, time);

        await WriteAsync(source, rows / 2, seed, cancellationToken);
        var from = rows / 4;
        // A consumer can begin only where the stream has come to.
        while (await api.GetLastOffsetAsync(source.Name, cancellationToken) < from)
            await Task.Delay(LookInterval, time, cancellationToken);
        var late = $"{source.Name}_late";
        await api.CreateConsumerAsync(
            plan with { Name = late, Database = source.Name, Start = new JsonObject { ["offset"] = from } }, cancellationToken);
        using var second = new WorkerPool(rig.Server, late, from, rows, trial.Findings, new Random(seed + 1), WorkersMax, time);
        await WriteAsync(source, rows - (rows / 2), seed + 1, cancellationToken);

        await first.CompleteAsync(StallTimeout, cancellationToken);
        await second.CompleteAsync(StallTimeout, cancellationToken);
        var elapsed = time.GetElapsedTime(started);
        return new TortureReport(seed, trial.Findings, [
            string.Create(CultureInfo.InvariantCulture,
                $"{rows} changes of {Groups} rows in {elapsed.TotalSeconds:F1} s; from offset 1: {first}; from offset {from}: {second}."),
        ], rig.Server.Output);
    }

    private static async Task WriteAsync(TaskSource source, int rows, int seed, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        for (var written = 0; written < rows;)
        {
            long[] ids = [.. Enumerable.Range(0, TransactionRows).Select(_ => (long)random.Next(Groups)).Distinct().Take(rows - written)];
            await source.ChangeAsync(ids, cancellationToken);
            written += ids.Length;
        }
    }
}
