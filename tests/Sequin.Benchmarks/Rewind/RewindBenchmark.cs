using System.Globalization;
using Sequin.Benchmarks.Backlogs;
using Sequin.Benchmarks.Pulling;
using Sequin.Benchmarks.Reports;
using Sequin.Postgres.Embedded;
using Sequin.Testing.Clients;
using Sequin.Testing.Servers;

namespace Sequin.Benchmarks.Rewind;

/// <summary>
/// A backlog is streamed to pulling clients and acked: the live rate. Then the consumer is rewound to the beginning: how soon the
/// first message comes, and the rate of all of them again, out of the log.
/// </summary>
internal static class RewindBenchmark
{
    private static readonly TimeSpan FirstMessageMax = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(RewindSettings settings, CancellationToken cancellationToken)
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions(), null, cancellationToken);
        Report.Line($"PostgreSQL: {postgres.Source}. Making a backlog of {settings.Rows} changes.");
        await using var backlog = await Backlog.CreateAsync(postgres.ConnectionString, settings.Rows, 100, cancellationToken);
        var repetitions = new List<Repetition>();
        for (var number = 1; number <= settings.Repetitions; number++)
        {
            var slot = await backlog.CopySlotAsync($"bench_rewind_{number}", cancellationToken);
            var repetition = await RunOnceAsync(postgres, backlog, slot, settings, cancellationToken);
            repetitions.Add(repetition);
            await backlog.DropSlotAsync(slot, cancellationToken);
            Report.Line(string.Create(CultureInfo.InvariantCulture,
                $"Repetition {number}: live {repetition.LiveRate:F0} rows/s, again {repetition.AgainRate:F0}, ratio {repetition.Ratio:F3}, "
                + $"first message after {repetition.First.TotalMilliseconds:F0} ms"));
        }

        var ratio = Spread.Of(repetitions.Select(each => each.Ratio));
        var first = Spread.Of(repetitions.Select(each => each.First.TotalMilliseconds));
        var rate = Spread.Of(repetitions.Select(each => each.AgainRate));
        Report.Figure("rows/s again", rate, "F0");
        Report.Figure("rows/s live", Spread.Of(repetitions.Select(each => each.LiveRate)), "F0");
        Report.Figure("ratio", ratio, "F3");
        Report.Figure("ms to the first message", first, "F0");
        Report.Result("rewind", ("ratio", ratio.Median), ("first_ms", first.Median), ("rows_per_second", rate.Median));
    }

    private static async Task<Repetition> RunOnceAsync(
        EmbeddedPostgres postgres, Backlog backlog, string slot, RewindSettings settings, CancellationToken cancellationToken)
    {
        var logDatabase = $"log_of_{slot}";
        var log = await Databases.CreateAsync(postgres.ConnectionString, logDatabase, cancellationToken);
        Repetition repetition;
        await using (var server = await ServerProcess.StartAsync(new ServerProcessOptions { LogConnectionString = log }, cancellationToken))
        {
            using var api = new ApiClient(server.Address, server.Token);
            // A server runs for weeks, and its compiler for the first seconds of them.
            var warmUp = await backlog.CopySlotAsync($"{slot}_warm_up", cancellationToken);
            await StreamAsync(server, api, backlog, warmUp, settings, cancellationToken);
            var live = await StreamAsync(server, api, backlog, slot, settings, cancellationToken);
            var first = await FirstAsync(server, api, slot, cancellationToken);
            await api.RewindAsync(slot, "beginning", cancellationToken);
            repetition = new Repetition(backlog.Changes, live, await PullAsync(server, backlog, slot, settings, cancellationToken), first);
        }

        await backlog.DropSlotAsync($"{slot}_warm_up", cancellationToken);
        await Databases.DropAsync(postgres.ConnectionString, logDatabase, cancellationToken);
        return repetition;
    }

    private static async Task<TimeSpan> StreamAsync(
        ServerProcess server, ApiClient api, Backlog backlog, string slot, RewindSettings settings, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        await api.CreateDatabaseAsync(slot, backlog.ConnectionString, slot, Backlog.Publication, cancellationToken);
        await api.CreateConsumerAsync(slot, slot, visibilityTimeout: null, cancellationToken);
        await PullAsync(server, backlog, slot, settings, cancellationToken);
        return TimeProvider.System.GetElapsedTime(started);
    }

    private static async Task<TimeSpan> PullAsync(
        ServerProcess server, Backlog backlog, string consumer, RewindSettings settings, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        var deliveries = new Deliveries(backlog.Changes, backlog.Changes);
        await PullRun.RunAsync(server, consumer, settings.Clients, settings.BatchSize, deliveries, cancellationToken);
        return TimeProvider.System.GetElapsedTime(started);
    }

    /// <summary>From the request to the first message.</summary>
    private static async Task<TimeSpan> FirstAsync(
        ServerProcess server, ApiClient api, string consumer, CancellationToken cancellationToken)
    {
        using var client = new PullClient(server.Address, server.Token, consumer);
        var started = TimeProvider.System.GetTimestamp();
        await api.RewindAsync(consumer, "beginning", cancellationToken);
        var messages = await client.ReceiveAsync(1, FirstMessageMax, cancellationToken);
        return messages is [{ Offset: 1, DeliveryCount: 1 }]
            ? TimeProvider.System.GetElapsedTime(started)
            : throw new InvalidDataException("The first message of the stream did not come again.");
    }

    private sealed record Repetition(long Changes, TimeSpan Live, TimeSpan Again, TimeSpan First)
    {
        public double LiveRate => Changes / Live.TotalSeconds;
        public double AgainRate => Changes / Again.TotalSeconds;
        public double Ratio => AgainRate / LiveRate;
    }
}
