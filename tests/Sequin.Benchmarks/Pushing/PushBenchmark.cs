using System.Globalization;
using Sequin.Benchmarks.Backlogs;
using Sequin.Benchmarks.Reports;
using Sequin.Benchmarks.Throughput;
using Sequin.Postgres.Embedded;
using Sequin.Testing.Clients;

namespace Sequin.Benchmarks.Pushing;

/// <summary>
/// Commit → log → push over HTTP → durable ack: batches against <c>pg_recvlogical</c> on the same backlog; and single messages out of
/// the log, where the request is what costs.
/// </summary>
internal static class PushBenchmark
{
    private const int BatchSize = 100;
    private const int BatchConcurrency = 16;
    private const int SingleConcurrency = 32;
    private const double MicrosecondsPerSecond = 1e6;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(int rows, int singles, int repetitions, CancellationToken cancellationToken)
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions(), null, cancellationToken);
        Report.Line($"PostgreSQL: {postgres.Source}. Making a backlog of {rows} changes.");
        await using var backlog = await Backlog.CreateAsync(postgres.ConnectionString, rows, BatchSize, cancellationToken);
        var run = new PushRun(postgres, backlog);
        var batches = new PushPlan(Batch: true, BatchSize, BatchConcurrency, RequestTimeout);
        var bare = new PushPlan(Batch: false, BatchSize: 1, SingleConcurrency, RequestTimeout);
        var (ratios, rates, rowCpus) = (new List<double>(), new List<double>(), new List<double>());
        var (requestRates, requestCpus) = (new List<double>(), new List<double>());
        for (var number = 1; number <= repetitions; number++)
        {
            var reference = await ReadReferenceAsync(postgres, backlog, $"bench_reference_{number}", cancellationToken);
            var batched = await run.RunAsync($"bench_push_{number}", batches, backlog.Changes, fromLog: false, cancellationToken);
            var single = await run.RunAsync(
                $"bench_single_{number}", bare, Math.Min(singles, backlog.Changes), fromLog: true, cancellationToken);
            ratios.Add(reference / batched.Elapsed);
            rates.Add(backlog.Changes / batched.Elapsed.TotalSeconds);
            rowCpus.Add(batched.ServerCpu.TotalSeconds * MicrosecondsPerSecond / backlog.Changes);
            requestRates.Add(single.Requests / single.Elapsed.TotalSeconds);
            requestCpus.Add(single.ServerCpu.TotalSeconds * MicrosecondsPerSecond / single.Requests);
            Report.Line(string.Create(CultureInfo.InvariantCulture,
                $"Repetition {number}: batches {rates[^1]:F0} rows/s, ratio {ratios[^1]:F3}; single {requestRates[^1]:F0} requests/s"));
        }

        var (ratio, rate, rowCpu) = (Spread.Of(ratios), Spread.Of(rates), Spread.Of(rowCpus));
        var (requestRate, requestCpu) = (Spread.Of(requestRates), Spread.Of(requestCpus));
        Report.Line($"Median and range of {repetitions} repetitions:");
        Report.Figure("batches: rows/s", rate, "F0");
        Report.Figure("batches: ratio to pg_recvlogical", ratio, "F3");
        Report.Figure("batches: CPU µs/row of the server", rowCpu, "F1");
        Report.Figure("single: requests/s", requestRate, "F0");
        Report.Figure("single: CPU µs/request of the server", requestCpu, "F0");
        Report.Result("push",
            ("ratio", ratio.Median), ("rows_per_second", rate.Median), ("row_cpu_us", rowCpu.Median),
            ("requests_per_second", requestRate.Median),
            ("request_cpu_us", requestCpu.Median));
    }

    private static async Task<TimeSpan> ReadReferenceAsync(
        EmbeddedPostgres postgres, Backlog backlog, string slot, CancellationToken cancellationToken)
    {
        await backlog.CopySlotAsync(slot, cancellationToken);
        await backlog.CheckpointAsync(cancellationToken);
        var elapsed = await ReferenceReader.RunAsync(postgres, backlog, slot, cancellationToken);
        await backlog.DropSlotAsync(slot, cancellationToken);
        return elapsed;
    }
}
