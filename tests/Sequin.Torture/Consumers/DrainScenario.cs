using System.Globalization;
using Sequin.Testing.Clients;
using Sequin.Torture.Scenarios;

namespace Sequin.Torture.Consumers;

/// <summary>Many connections share one backlog: every row comes once, none comes again.</summary>
public static class DrainScenario
{
    public const int RowsDefault = 200_000;

    private const int Receivers = 64;
    private const int BatchSize = 100;
    private const int TransactionRows = 1_000;

    private static readonly TimeSpan VisibilityTimeout = TimeSpan.FromSeconds(30);

    public static async Task<TortureReport> RunAsync(ConsumerRig rig, int rows, int seed, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var plan = new ConsumerPlan { Name = "", Database = "", VisibilityTimeout = VisibilityTimeout };
        await using var trial = await rig.BeginAsync(plan, time, cancellationToken);
        for (var first = 0; first < rows; first += TransactionRows)
        {
            var ids = Enumerable.Range(first, Math.Min(TransactionRows, rows - first)).Select(id => (long)id);
            await trial.Source.ChangeAsync(ids, cancellationToken);
        }

        var started = time.GetTimestamp();
        var came = await trial.DrainAsync(Receivers, BatchSize, rows, cancellationToken);
        var elapsed = time.GetElapsedTime(started);
        var distinct = came.Select(delivery => delivery.Offset).Distinct().Count();
        trial.Expect(came.Count == rows && distinct == rows, $"{came.Count} deliveries of {distinct} rows came, {rows} are there");
        trial.Expect(came.All(delivery => delivery.DeliveryCount == 1), "a row was delivered before");
        await trial.ExpectNothingAsync(TimeSpan.FromMilliseconds(500), cancellationToken);
        trial.Facts.Add(string.Create(CultureInfo.InvariantCulture,
            $"{Receivers} connections pulled {rows} rows in {elapsed.TotalSeconds:F1} s: {distinct} came, {came.Count - distinct} again."));
        return await trial.ReportAsync(seed, cancellationToken);
    }
}
