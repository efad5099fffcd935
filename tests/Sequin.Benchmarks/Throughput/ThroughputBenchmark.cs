using System.Globalization;
using Sequin.Benchmarks.Backlogs;
using Sequin.Benchmarks.Reports;
using Sequin.Postgres.Embedded;

namespace Sequin.Benchmarks.Throughput;

/// <summary>
/// Commit → log → pull over HTTP → durable ack, against <c>pg_recvlogical</c> on the same backlog in the same run. Reference and
/// measurement alternate, and each ratio is of two neighbours.
/// </summary>
internal static class ThroughputBenchmark
{
    private const double MicrosecondsPerSecond = 1e6;

    public static async Task RunAsync(ThroughputSettings settings, CancellationToken cancellationToken)
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions(), null, cancellationToken);
        Report.Line($"PostgreSQL: {postgres.Source}. Making a backlog of {settings.Rows} changes.");
        await using var backlog = await Backlog.CreateAsync(
            postgres.ConnectionString, settings.Rows, settings.TransactionRows, cancellationToken);

        var pipeline = new PipelineRun(postgres, backlog, settings);
        var repetitions = new List<Repetition>();
        for (var number = 1; number <= settings.Repetitions; number++)
        {
            var reference = await ReadReferenceAsync(postgres, backlog, $"bench_reference_{number}", cancellationToken);
            var result = await RunPipelineAsync(pipeline, backlog, $"bench_pipeline_{number}", cancellationToken);
            var repetition = new Repetition(backlog.Changes, reference, result);
            repetitions.Add(repetition);
            Report.Line(string.Create(CultureInfo.InvariantCulture,
                $"Repetition {number}: {repetition.Rate:F0} rows/s, reference {repetition.ReferenceRate:F0}, ratio {repetition.Ratio:F3}"));
        }

        Print(repetitions);
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

    private static async Task<PipelineResult> RunPipelineAsync(
        PipelineRun pipeline, Backlog backlog, string slot, CancellationToken cancellationToken)
    {
        var warmUp = $"{slot}_warm_up";
        await backlog.CopySlotAsync(slot, cancellationToken);
        await backlog.CopySlotAsync(warmUp, cancellationToken);
        await backlog.CheckpointAsync(cancellationToken);
        var result = await pipeline.RunAsync(slot, warmUp, cancellationToken);
        await backlog.DropSlotAsync(slot, cancellationToken);
        await backlog.DropSlotAsync(warmUp, cancellationToken);
        return result;
    }

    private static void Print(List<Repetition> repetitions)
    {
        var ratio = Spread.Of(repetitions.Select(each => each.Ratio));
        var rate = Spread.Of(repetitions.Select(each => each.Rate));
        var referenceRate = Spread.Of(repetitions.Select(each => each.ReferenceRate));
        var peak = Spread.Of(repetitions.Select(each => each.Result.ServerPeakMiB));
        var serverCpu = CpuPerMessage(result => result.ServerCpu);

        Report.Line($"Median and range of {repetitions.Count} repetitions:");
        Report.Figure("rows/s", rate, "F0");
        Report.Figure("rows/s of pg_recvlogical", referenceRate, "F0");
        Report.Figure("ratio", ratio, "F3");
        Report.Figure("peak memory of the server, MiB", peak, "F0");
        Report.Figure("CPU µs/message: server", serverCpu, "F2");
        Report.Figure("CPU µs/message: walsender", CpuPerMessage(result => result.Backends.WalSender), "F2");
        Report.Figure("CPU µs/message: log backends", CpuPerMessage(result => result.Backends.Log), "F2");
        Report.Figure("CPU µs/message: rest of PostgreSQL", CpuPerMessage(result => result.Backends.Other), "F2");
        Report.Figure("CPU µs/message: clients", CpuPerMessage(result => result.ClientCpu), "F2");
        Report.Result("throughput",
            ("ratio", ratio.Median), ("rows_per_second", rate.Median), ("reference_rows_per_second", referenceRate.Median),
            ("server_peak_mib", peak.Median), ("server_cpu_us", serverCpu.Median));

        Spread CpuPerMessage(Func<PipelineResult, TimeSpan> cpu) =>
            Spread.Of(repetitions.Select(each => cpu(each.Result).TotalSeconds * MicrosecondsPerSecond / each.Changes));
    }

    private sealed record Repetition(long Changes, TimeSpan Reference, PipelineResult Result)
    {
        public double Rate => Changes / Result.Elapsed.TotalSeconds;
        public double ReferenceRate => Changes / Reference.TotalSeconds;
        public double Ratio => Rate / ReferenceRate;
    }
}
