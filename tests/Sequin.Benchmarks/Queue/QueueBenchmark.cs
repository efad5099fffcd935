using System.Globalization;
using Sequin.Benchmarks.Reports;

namespace Sequin.Benchmarks.Queue;

/// <summary>
/// Receive and ack over HTTP against PGMQ's read and delete over SQL, on the same PostgreSQL, in turns; and what groups with a backlog,
/// and an old snapshot, cost us.
/// </summary>
internal static class QueueBenchmark
{
    public static async Task RunAsync(QueueSettings settings, CancellationToken cancellationToken)
    {
        await using var rig = await QueueRig.StartAsync(settings, cancellationToken);
        try
        {
            await MeasureAsync(rig, settings, cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw new InvalidOperationException($"{failure.Message}\nThe server's last lines:\n{rig.ServerOutput}", failure);
        }
    }

    private static async Task MeasureAsync(QueueRig rig, QueueSettings settings, CancellationToken cancellationToken)
    {
        Report.Line($"PostgreSQL: {rig.PostgresSource}. Making {settings.Messages} messages, and {settings.Messages + settings.Backlog} "
            + $"in {settings.Groups} groups.");
        var distinct = await rig.DistinctAsync(cancellationToken);
        var grouped = await rig.GroupedAsync(cancellationToken);
        var bytes = await rig.MessageBytesAsync(distinct, cancellationToken);
        var pgmqBytes = await rig.WarmUpAsync(distinct, grouped, cancellationToken);
        Report.Line(string.Create(CultureInfo.InvariantCulture, $"A message has {bytes:F0} bytes here and {pgmqBytes:F0} in PGMQ."));

        var repetitions = new List<QueueRepetition>();
        for (var number = 1; number <= settings.Repetitions; number++)
        {
            var repetition = await rig.RepeatAsync(distinct, grouped, cancellationToken);
            repetitions.Add(repetition);
            Report.Line(string.Create(CultureInfo.InvariantCulture,
                $"Repetition {number}: {repetition.Ours:F0} messages/s, PGMQ {repetition.Pgmq:F0}, ratio {repetition.Ratio:F3}; "
                + $"one client {repetition.RatioWithOneClient:F3}, groups {repetition.GroupsRatio:F3}, held {repetition.HeldRatio:F3}"));
        }

        Print(settings, repetitions, rig.ServerPeakMiB);
    }

    private static void Print(QueueSettings settings, List<QueueRepetition> repetitions, double peakMiB)
    {
        Report.Line($"Median and range of {repetitions.Count} repetitions of {settings.Messages} messages, {settings.Clients} clients:");
        var ours = Figure("messages/s", each => each.Ours, "F0");
        var pgmq = Figure("messages/s of PGMQ", each => each.Pgmq, "F0");
        var ratio = Figure("ratio", each => each.Ratio, "F3");
        var oursWithOne = Figure("messages/s, one client", each => each.OursWithOneClient, "F0");
        var pgmqWithOne = Figure("messages/s of PGMQ, one client", each => each.PgmqWithOneClient, "F0");
        var ratioWithOne = Figure("ratio, one client", each => each.RatioWithOneClient, "F3");
        Figure("messages/s, no groups", each => each.Plain, "F0");
        Figure("messages/s, groups and a backlog", each => each.Grouped, "F0");
        var groupsRatio = Figure("ratio of groups and backlog to neither", each => each.GroupsRatio, "F3");
        Figure("messages/s beside churn", each => each.NotHeld, "F0");
        Figure("messages/s beside churn, old snapshot", each => each.Held, "F0");
        var heldRatio = Figure("ratio of old snapshot to none", each => each.HeldRatio, "F3");
        var cpu = Figure("CPU µs/message: server", each => each.ServerCpuMicroseconds, "F2");
        Report.Result("queue",
            ("rows_per_second", ours), ("pgmq_rows_per_second", pgmq), ("ratio", ratio),
            ("rows_per_second_one_client", oursWithOne), ("pgmq_rows_per_second_one_client", pgmqWithOne),
            ("ratio_one_client", ratioWithOne), ("groups_ratio", groupsRatio), ("held_ratio", heldRatio),
            ("server_cpu_us", cpu), ("server_peak_mib", peakMiB));

        double Figure(string name, Func<QueueRepetition, double> value, string format)
        {
            var spread = Spread.Of(repetitions.Select(value));
            Report.Figure(name, spread, format);
            return spread.Median;
        }
    }
}
