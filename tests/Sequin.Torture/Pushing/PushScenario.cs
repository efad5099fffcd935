using System.Globalization;
using Sequin.Postgres.Embedded;
using Sequin.Testing;
using Sequin.Testing.Clients;
using Sequin.Testing.Servers;
using Sequin.Torture.Consumers;
using Sequin.Torture.Scenarios;
using Sequin.Torture.Verdicts;

namespace Sequin.Torture.Pushing;

/// <summary>
/// A consumer pushes single messages to a receiver that refuses every tenth, and the server is killed meanwhile: each change of a row
/// is taken, in order, and comes again only where a kill lost its answer.
/// </summary>
internal static class PushScenario
{
    public const int RowsDefault = 50_000;
    private const int Keys = 500;
    private const int Concurrency = 16;
    private const double RefusedShare = 0.1;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StallMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    public static async Task<TortureReport> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        var time = options.TimeProvider;
        var findings = new Findings();
        var ledger = new PushLedger(findings);
        await using var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions(), null, cancellationToken);
        await using var log = await TestDatabase.CreateAsync(postgres);
        await using var source = await TaskSource.CreateAsync(postgres, cancellationToken);
        await using var receiver = await PushReceiver.StartAsync(ledger, RefusedShare, options.Seed, cancellationToken);
        await using var server = await ServerProcess.StartAsync(new ServerProcessOptions
        {
            LogConnectionString = log.ConnectionString,
            Environment = new Dictionary<string, string> { ["SEQUIN_ALLOW_PRIVATE_ENDPOINTS"] = "true" },
        }, cancellationToken);
        using (var api = new ApiClient(server.Address, server.Token))
        {
            await api.CreateDatabaseAsync(source.Name, source.ConnectionString, source.Name, TaskSource.Publication, cancellationToken);
            var plan = new PushPlan(Batch: false, BatchSize: 1, Concurrency, RequestTimeout);
            await api.CreatePushConsumerAsync(source.Name, source.Name, receiver.Url, plan, cancellationToken);
        }

        var versions = options.RowChanges / Keys;
        var expected = versions * Keys;
        var started = time.GetTimestamp();
        var writing = WriteAsync(source, versions, cancellationToken);
        for (var strike = 1; strike <= options.Strikes; strike++)
        {
            await TakenAsync(ledger, expected * strike / (options.Strikes + 1), findings, time, cancellationToken);
            options.Output($"{ledger.Taken} taken, {ledger.Refused} refused, {ledger.Repeated} repeated: killing the server.");
            await server.RestartAsync(cancellationToken);
        }

        await writing;
        await TakenAsync(ledger, expected, findings, time, cancellationToken);
        // Whatever comes too much comes when the leases of the last kill are over.
        await Task.Delay(RequestTimeout * 5, time, cancellationToken);
        if (ledger.Taken != expected)
            findings.Add(FindingKinds.Lost, $"{ledger.Taken} of {expected} were taken");
        if (ledger.Repeated > Concurrency * options.Strikes)
            findings.Add(FindingKinds.Resurrected,
                $"{ledger.Repeated} came again; {options.Strikes} kills can have lost {Concurrency} answers each");
        var elapsed = time.GetElapsedTime(started).TotalSeconds;
        return new TortureReport(options.Seed, findings, [string.Create(CultureInfo.InvariantCulture,
            $"{ledger.Taken} of {expected} changes of {Keys} rows taken in {elapsed:F0} s, {ledger.Refused} refused on the way, "
            + $"{ledger.Repeated} came again after {options.Strikes} kills.")], server.Output);
    }

    private static async Task WriteAsync(TaskSource source, int versions, CancellationToken cancellationToken)
    {
        var ids = Enumerable.Range(1, Keys).Select(id => (long)id).ToList();
        for (var version = 0; version < versions; version++)
            await source.ChangeAsync(ids, cancellationToken);
    }

    private static async Task TakenAsync(
        PushLedger ledger, int count, Findings findings, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(LookInterval, time);
        var (taken, since) = (-1, time.GetTimestamp());
        while (ledger.Taken < count && await timer.WaitForNextTickAsync(cancellationToken))
        {
            if (ledger.Taken != taken)
                (taken, since) = (ledger.Taken, time.GetTimestamp());
            if (time.GetElapsedTime(since) <= StallMax)
                continue;
            findings.Add(FindingKinds.Stalled, $"{StallMax} without a message: {taken} of {count} were taken");
            return;
        }
    }
}
