using System.Globalization;
using Sequin.Benchmarks.Backlogs;
using Sequin.Benchmarks.Reports;
using Sequin.Postgres.Embedded;
using Sequin.Testing.Clients;
using Sequin.Testing.Servers;

namespace Sequin.Benchmarks.Latency;

/// <summary>How long after its commit a row is in the hands of a client that waits for it, beside the time of the commit itself.</summary>
internal static class LatencyBenchmark
{
    private const string DatabaseName = "bench";
    private const string ConsumerName = "bench-pull";
    private const int WarmUpRows = 400;

    private static readonly TimeSpan LastDeliveryTimeout = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(LatencySettings settings, CancellationToken cancellationToken)
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions(), null, cancellationToken);
        var source = await LatencySource.CreateAsync(postgres.ConnectionString, cancellationToken);
        var log = await Databases.CreateAsync(postgres.ConnectionString, "bench_log", cancellationToken);
        await using var server = await ServerProcess.StartAsync(new ServerProcessOptions { LogConnectionString = log }, cancellationToken);
        using var api = new ApiClient(server.Address, server.Token);
        await api.CreateDatabaseAsync(
            DatabaseName, source.ConnectionString, LatencySource.Slot, LatencySource.Publication, cancellationToken);
        await api.CreateConsumerAsync(ConsumerName, DatabaseName, visibilityTimeout: null, cancellationToken);

        var times = new LatencyTimes(WarmUpRows + settings.Rows * settings.Repetitions);
        try
        {
            await MeasureAsync(settings, source, server, times, cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw new InvalidOperationException($"{failure.Message}\nThe server's last lines:\n{server.Output}", failure);
        }

        Print(settings, times);
    }

    private static async Task MeasureAsync(
        LatencySettings settings, LatencySource source, ServerProcess server, LatencyTimes times, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var clients = Enumerable.Range(0, settings.Clients)
            .Select(_ => new PullClient(server.Address, server.Token, ConsumerName)).ToList();
        var pulling = clients.ConvertAll(client => LatencyPuller.RunAsync(client, times, stop.Token));
        var interval = TimeSpan.FromSeconds(1) / settings.CommitsPerSecond;
        var inserting = source.InsertAsync(times.OnCommitted, ..(WarmUpRows + settings.Rows * settings.Repetitions), interval, stop.Token);
        try
        {
            await await Task.WhenAny(inserting, times.Complete); // A failure of a client ends it early.
            await inserting;
            await times.Complete.WaitAsync(LastDeliveryTimeout, TimeProvider.System, cancellationToken);
        }
        finally
        {
            await stop.CancelAsync();
            await inserting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.WhenAll(pulling);
            clients.ForEach(client => client.Dispose());
        }
    }

    private static void Print(LatencySettings settings, LatencyTimes times)
    {
        var results = Enumerable.Range(0, settings.Repetitions).Select(number =>
        {
            var first = WarmUpRows + number * settings.Rows;
            var ids = first..(first + settings.Rows);
            return (Insert: Percentiles.Of(times.Inserts(ids)), Delivery: Percentiles.Of(times.Deliveries(ids)));
        }).ToList();
        for (var number = 0; number < results.Count; number++)
        {
            var (insert, delivery) = results[number];
            Report.Line(string.Create(CultureInfo.InvariantCulture,
                $"Repetition {number + 1}: insert p50 {insert.P50:F2} ms, delivery p50 {delivery.P50:F2} ms"));
        }

        var insertP50 = Spread.Of(results.Select(result => result.Insert.P50));
        var deliveryP50 = Spread.Of(results.Select(result => result.Delivery.P50));
        var deliveryP99 = Spread.Of(results.Select(result => result.Delivery.P99));
        var ratio = Spread.Of(results.Select(result => result.Delivery.P50 / result.Insert.P50));
        Report.Line(
            $"Median and range of {settings.Repetitions} repetitions of {settings.Rows} commits, {settings.CommitsPerSecond} a second:");
        Report.Figure("insert p50, ms", insertP50, "F2");
        Report.Figure("insert p90, ms", Spread.Of(results.Select(result => result.Insert.P90)), "F2");
        Report.Figure("insert p99, ms", Spread.Of(results.Select(result => result.Insert.P99)), "F2");
        Report.Figure("commit → long poll answered p50, ms", deliveryP50, "F2");
        Report.Figure("commit → long poll answered p90, ms", Spread.Of(results.Select(result => result.Delivery.P90)), "F2");
        Report.Figure("commit → long poll answered p99, ms", deliveryP99, "F2");
        Report.Figure("ratio of the p50s", ratio, "F2");
        Report.Result("latency",
            ("insert_p50_ms", insertP50.Median), ("delivery_p50_ms", deliveryP50.Median), ("delivery_p99_ms", deliveryP99.Median),
            ("ratio_p50", ratio.Median));
    }
}
