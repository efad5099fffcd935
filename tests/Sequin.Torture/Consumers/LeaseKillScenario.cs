using System.Globalization;
using Sequin.Testing.Clients;
using Sequin.Torture.Scenarios;

namespace Sequin.Torture.Consumers;

/// <summary>Leases outlive a killed server: nothing comes before its time, and the receipts of before are still good.</summary>
public static class LeaseKillScenario
{
    private const int Messages = 100;

    /// <param name="rig">The server.</param>
    /// <param name="visibilityTimeout">Of the leases. The server is killed after a sixth of it and gone for a tenth, at least.</param>
    /// <param name="seed">For the report.</param>
    /// <param name="cancellationToken">Of the scenario.</param>
    public static async Task<TortureReport> RunAsync(
        ConsumerRig rig, TimeSpan visibilityTimeout, int seed, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var plan = new ConsumerPlan { Name = "", Database = "", VisibilityTimeout = visibilityTimeout };
        await using var trial = await rig.BeginAsync(plan, time, cancellationToken);
        await trial.Source.ChangeAsync(Enumerable.Range(1, Messages).Select(id => (long)id), cancellationToken);
        var client = trial.Connect();
        var leased = await client.ReceiveAsync(
            new ReceiveOptions { BatchSize = Messages, Wait = TimeSpan.FromSeconds(10) }, cancellationToken);
        trial.Expect(leased.Deliveries.Count == Messages, $"only {leased.Deliveries.Count} of {Messages} came at once");

        await Task.Delay(visibilityTimeout / 6, time, cancellationToken);
        await trial.KillAsync(cancellationToken);
        await Task.Delay(visibilityTimeout / 10, time, cancellationToken);
        await trial.RestartAsync(cancellationToken);
        var back = trial.History.Now;

        // The receipts of one half are used before the leases end; the other half comes again, and whoever asks meanwhile gets nothing.
        var half = leased.Deliveries.Take(Messages / 2).ToList();
        var acked = await client.AckAsync(half, cancellationToken);
        trial.Expect(acked.End > leased.Start + visibilityTimeout || acked.Statuses.All(status => status == "acked"),
            $"old receipts were answered with {string.Join(", ", acked.Statuses.Distinct())}");
        var came = await trial.DrainAsync(receivers: 2, batchSize: Messages, Messages - half.Count, cancellationToken);
        var first = trial.History.Calls.Where(call => call.Deliveries.Count > 0 && call != leased).Min(call => call.End!.Value);
        trial.Expect(came.Count == Messages - half.Count, $"{came.Count} came again, {Messages - half.Count} were not acked");
        trial.Expect(first >= leased.Start + visibilityTimeout, $"a message came {(first - leased.Start).TotalSeconds:F1} s later");
        trial.Facts.Add(string.Create(CultureInfo.InvariantCulture,
            $"Leases of {visibilityTimeout.TotalSeconds} s, server back after {(back - leased.End!.Value).TotalSeconds:F1} s: "
            + $"{acked.Statuses.Count(status => status == "acked")} old receipts acked, the other {came.Count} came "
            + $"{(first - leased.Start).TotalSeconds:F1} s after their lease began."));
        return await trial.ReportAsync(seed, cancellationToken);
    }
}
