using System.Globalization;
using Npgsql;
using Sequin.Benchmarks.Backlogs;
using Sequin.Benchmarks.Latency;
using Sequin.Benchmarks.Reports;
using Sequin.Postgres.Embedded;
using Sequin.Testing.Clients;
using Sequin.Testing.Servers;

namespace Sequin.Benchmarks.Backfills;

/// <summary>
/// How fast a table comes into a stream, beside a COPY of it to nowhere; and how long live changes take to a waiting client while that
/// goes on, beside how long they take otherwise.
/// </summary>
internal static class BackfillBenchmark
{
    private const string DatabaseName = "bench";
    private const int WarmUpCommits = 400;
    private const int CopyBufferBytes = 128 * 1024;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LastDeliveryTimeout = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(BackfillSettings settings, CancellationToken cancellationToken)
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions(), null, cancellationToken);
        var source = await LatencySource.CreateAsync(postgres.ConnectionString, cancellationToken);
        await ExecuteAsync(
            source.ConnectionString,
            $"{Orders.Table}; INSERT INTO orders SELECT {Orders.Columns} FROM generate_series(1, {settings.Rows}) i; ANALYZE orders; "
            + $"ALTER PUBLICATION {LatencySource.Publication} ADD TABLE orders", cancellationToken);
        // The table was filled behind the slot: what of it is in the WAL is not asked about.
        await ExecuteAsync(
            source.ConnectionString, $"SELECT pg_replication_slot_advance('{LatencySource.Slot}', pg_current_wal_lsn()); CHECKPOINT",
            cancellationToken);
        var log = await Databases.CreateAsync(postgres.ConnectionString, "bench_log", cancellationToken);
        await using var server = await ServerProcess.StartAsync(new ServerProcessOptions { LogConnectionString = log }, cancellationToken);
        using var api = new ApiClient(server.Address, server.Token);
        await api.CreateDatabaseAsync(
            DatabaseName, source.ConnectionString, LatencySource.Slot, LatencySource.Publication, cancellationToken);
        try
        {
            var (rate, ratio) = await MeasureRateAsync(settings, source, api, cancellationToken);
            var (alone, beside) = await MeasureLatencyAsync(settings, source, server, api, cancellationToken);
            Print(settings, rate, ratio, alone, beside);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw new InvalidOperationException($"{failure.Message}\nThe server's last lines:\n{server.Output}", failure);
        }
    }

    private static async Task<(Spread Rate, Spread Ratio)> MeasureRateAsync(
        BackfillSettings settings, LatencySource source, ApiClient api, CancellationToken cancellationToken)
    {
        await CopyAsync(source, cancellationToken);
        await BackfillAsync(api, "warm-up", cancellationToken);
        var results = new List<(double Copy, double Backfill)>();
        for (var number = 1; number <= settings.Repetitions; number++)
        {
            var copy = settings.Rows / (await CopyAsync(source, cancellationToken)).TotalSeconds;
            var backfill = settings.Rows / (await BackfillAsync(api, $"rate-{number}", cancellationToken)).TotalSeconds;
            results.Add((copy, backfill));
            Report.Line(string.Create(CultureInfo.InvariantCulture,
                $"Repetition {number}: COPY {copy:F0} rows/s, backfill {backfill:F0} rows/s, ratio {backfill / copy:F2}"));
        }

        return (Spread.Of(results.Select(result => result.Backfill)), Spread.Of(results.Select(result => result.Backfill / result.Copy)));
    }

    private static async Task<(Percentiles Alone, Percentiles Beside)> MeasureLatencyAsync(
        BackfillSettings settings, LatencySource source, ServerProcess server, ApiClient api, CancellationToken cancellationToken)
    {
        const string consumer = "live";
        await api.CreateConsumerAsync(
            new ConsumerPlan { Name = consumer, Database = DatabaseName, StartsNow = true }, cancellationToken);
        var total = WarmUpCommits + 2 * settings.Commits;
        var times = new LatencyTimes(total);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var client = new PullClient(server.Address, server.Token, consumer);
        var pulling = LatencyPuller.RunAsync(client, times, stop.Token);
        var interval = TimeSpan.FromSeconds(1) / settings.CommitsPerSecond;
        var inserting = source.InsertAsync(times.OnCommitted, ..total, interval, stop.Token);
        var backfilling = BackfillAfterAsync(api, (WarmUpCommits + settings.Commits) * interval, inserting, stop.Token);
        try
        {
            await await Task.WhenAny(inserting, times.Complete, backfilling);
            await inserting;
            await times.Complete.WaitAsync(LastDeliveryTimeout, TimeProvider.System, cancellationToken);
            await backfilling;
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(inserting, pulling, backfilling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        var alone = Percentiles.Of(times.Deliveries(WarmUpCommits..(WarmUpCommits + settings.Commits)));
        return (alone, Percentiles.Of(times.Deliveries((WarmUpCommits + settings.Commits)..total)));
    }

    // One after the other, for as long as there are live commits.
    private static async Task BackfillAfterAsync(ApiClient api, TimeSpan delay, Task inserting, CancellationToken cancellationToken)
    {
        await Task.Delay(delay, TimeProvider.System, cancellationToken);
        for (var number = 1; !inserting.IsCompleted; number++)
            await BackfillAsync(api, $"beside-{number}", cancellationToken);
    }

    /// <returns>From the request to the end.</returns>
    private static async Task<TimeSpan> BackfillAsync(ApiClient api, string consumer, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        await api.CreateBackfilledConsumerAsync(consumer, DatabaseName, cancellationToken);
        while ((await api.ListBackfillsAsync(consumer, cancellationToken)).Any(backfill => (string?)backfill["state"] == "active"))
            await Task.Delay(LookInterval, TimeProvider.System, cancellationToken);
        var elapsed = TimeProvider.System.GetElapsedTime(started);
        foreach (var backfill in await api.ListBackfillsAsync(consumer, cancellationToken))
        {
            if ((string?)backfill["state"] != "completed")
                throw new InvalidOperationException($"A backfill did not come to its end: {backfill}");
        }

        await api.DeleteConsumerAsync(consumer, cancellationToken);
        return elapsed;
    }

    private static async Task<TimeSpan> CopyAsync(LatencySource source, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(source.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        var started = TimeProvider.System.GetTimestamp();
        // Npgsql gives raw text only below a reader of characters.
        await using var copy = (NpgsqlCopyTextReader)await connection.BeginTextExportAsync("COPY orders TO STDOUT", cancellationToken);
        var buffer = new byte[CopyBufferBytes];
        while (await copy.BaseStream.ReadAsync(buffer, cancellationToken) > 0)
        {
            // To nowhere.
        }

        return TimeProvider.System.GetElapsedTime(started);
    }

    private static async Task ExecuteAsync(string connectionString, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        foreach (var statement in sql.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            await using var command = new NpgsqlCommand(statement, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static void Print(BackfillSettings settings, Spread rate, Spread ratio, Percentiles alone, Percentiles beside)
    {
        Report.Line($"Median and range of {settings.Repetitions} repetitions of {settings.Rows} rows:");
        Report.Figure("backfill, rows/s", rate, "F0");
        Report.Figure("ratio to COPY", ratio, "F2");
        Report.Line(string.Create(CultureInfo.InvariantCulture,
            $"Live delivery p50 {alone.P50:F2} ms alone, {beside.P50:F2} ms beside a backfill; p99 {alone.P99:F2} and {beside.P99:F2} ms"));
        Report.Result("backfill",
            ("rows_per_second", rate.Median), ("ratio_copy", ratio.Median), ("live_p99_alone_ms", alone.P99),
            ("live_p99_beside_ms", beside.P99), ("ratio_live_p99", beside.P99 / alone.P99));
    }
}
