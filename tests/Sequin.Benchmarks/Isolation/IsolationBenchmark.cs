using System.Globalization;
using Sequin.Benchmarks.Backlogs;
using Sequin.Benchmarks.Latency;
using Sequin.Benchmarks.Reports;
using Sequin.Postgres.Embedded;
using Sequin.Testing.Clients;
using Sequin.Testing.Servers;

namespace Sequin.Benchmarks.Isolation;

/// <summary>
/// How long after its commit a row is at eight healthy receivers of pushes: alone, and then, on the same server and seconds later,
/// beside two consumers whose receivers are dead and slow and which have everything from the beginning to send.
/// </summary>
internal static class IsolationBenchmark
{
    private const string DatabaseName = "bench";
    private const int Receivers = 8;
    private const int WarmUpRows = 1_000;
    private static readonly PushPlan Healthy = new(Batch: false, BatchSize: 1, Concurrency: 8, RequestTimeout: TimeSpan.FromSeconds(30));
    private static readonly PushPlan Unhealthy = Healthy with { RequestTimeout = TimeSpan.FromSeconds(60) };
    private static readonly TimeSpan LastDeliveryMax = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(int rows, int rate, int repetitions, CancellationToken cancellationToken)
    {
        var times = new IsolationTimes(WarmUpRows + 2 * rows * repetitions, Receivers);
        await using var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions(), null, cancellationToken);
        var source = await LatencySource.CreateAsync(postgres.ConnectionString, cancellationToken);
        var log = await Databases.CreateAsync(postgres.ConnectionString, "bench_log", cancellationToken);
        await using var hooks = await IsolationHooks.StartAsync(times, cancellationToken);
        await using var server = await ServerProcess.StartAsync(new ServerProcessOptions
        {
            LogConnectionString = log,
            Environment = new Dictionary<string, string> { ["SEQUIN_ALLOW_PRIVATE_ENDPOINTS"] = "true" },
        }, cancellationToken);
        using var api = new ApiClient(server.Address, server.Token);
        await api.CreateDatabaseAsync(
            DatabaseName, source.ConnectionString, LatencySource.Slot, LatencySource.Publication, cancellationToken);
        for (var receiver = 0; receiver < Receivers; receiver++)
        {
            await api.CreatePushConsumerAsync($"healthy-{receiver}", DatabaseName,
                hooks.Url(receiver.ToString(CultureInfo.InvariantCulture)), Healthy, cancellationToken);
        }

        var next = 0;
        await WriteAsync(WarmUpRows);
        var (alone, beside) = (new List<Range>(), new List<Range>());
        for (var number = 1; number <= repetitions; number++)
        {
            alone.Add(await WriteAsync(rows));
            var (dead, slow) = ($"dead-{number}", $"slow-{number}");
            await api.CreatePushConsumerAsync(dead, DatabaseName, IsolationHooks.Dead, Unhealthy, cancellationToken);
            await api.CreatePushConsumerAsync(slow, DatabaseName, hooks.Url("slow"), Unhealthy, cancellationToken);
            beside.Add(await WriteAsync(rows));
            await api.DeleteConsumerAsync(dead, cancellationToken);
            await api.DeleteConsumerAsync(slow, cancellationToken);
            var (one, other) = (times.Deliveries(alone[^1]).P99, times.Deliveries(beside[^1]).P99);
            Report.Line(string.Create(
                CultureInfo.InvariantCulture, $"Repetition {number}: p99 {one:F2} ms alone, {other:F2} ms beside"));
        }

        Print(times, alone, beside, hooks.SlowRequests, server.PeakMemoryMiB);

        async Task<Range> WriteAsync(int count)
        {
            var ids = next..(next + count);
            next += count;
            var come = times.Expect(ids);
            await source.InsertAsync(times.OnCommitted, ids, TimeSpan.FromSeconds(1) / rate, cancellationToken);
            await come.WaitAsync(LastDeliveryMax, TimeProvider.System, cancellationToken);
            return ids;
        }
    }

    private static void Print(IsolationTimes times, List<Range> alone, List<Range> beside, int slowRequests, double peakMiB)
    {
        var p99Alone = Spread.Of(alone.Select(ids => times.Deliveries(ids).P99));
        var p99Beside = Spread.Of(beside.Select(ids => times.Deliveries(ids).P99));
        var ratio = Spread.Of(alone.Zip(beside, (one, other) => times.Deliveries(other).P99 / times.Deliveries(one).P99));
        var inserts = Spread.Of(alone.Zip(beside, (one, other) => times.Inserts(other).P50 / times.Inserts(one).P50));
        Report.Line($"Median and range of {alone.Count} repetitions; {slowRequests} requests were with the slow receiver:");
        Report.Figure("commit → healthy receiver p50, ms", Spread.Of(alone.Select(ids => times.Deliveries(ids).P50)), "F2");
        Report.Figure("p99 alone, ms", p99Alone, "F2");
        Report.Figure("p99 beside, ms", p99Beside, "F2");
        Report.Figure("ratio of the p99s", ratio, "F2");
        Report.Figure("ratio of the inserts' p50s", inserts, "F2");
        Report.Figure("peak memory of the server, MiB", Spread.Of([peakMiB]), "F0");
        Report.Result("isolation",
            ("p99_alone_ms", p99Alone.Median), ("p99_beside_ms", p99Beside.Median), ("ratio_p99", ratio.Median),
            ("insert_ratio_p50", inserts.Median), ("server_peak_mib", peakMiB));
    }
}
