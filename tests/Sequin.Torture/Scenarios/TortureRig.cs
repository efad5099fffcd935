using Npgsql;
using Sequin.Postgres.Embedded;
using Sequin.Testing;
using Sequin.Testing.Clients;
using Sequin.Testing.Servers;
using Sequin.Torture.Ledgers;
using Sequin.Torture.Load;
using Sequin.Torture.Oracles;
using Sequin.Torture.Pulling;
using Sequin.Torture.Verdicts;

namespace Sequin.Torture.Scenarios;

/// <summary>
/// What every scenario runs on: a source and a log database, the server as a process, a consumer, the witness and the ledger.
/// <code>
/// 1 StartAsync    tables, publication, both slots, server, database, consumer; nothing is written yet
/// 2 LoadAsync     writers and pullers run; the scenario strikes meanwhile
/// 3 SettleAsync   the writers are done; everything that was committed gets pulled and acked, and nothing more may come
/// 4 Verdict       the witness tells what should have come
/// </code>
/// </summary>
internal sealed class TortureRig : IAsyncDisposable
{
    private const string SourceDatabase = "torture_source";
    private const string LogDatabase = "torture_log";
    private const string Slot = "torture_slot";
    private const string DatabaseName = "torture";
    private const string ConsumerName = "torture-pull";

    private static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LoadGrace = TimeSpan.FromMinutes(5);

    private readonly TortureOptions _options;

    private TortureRig(TortureOptions options, NpgsqlDataSource source, ServerProcess server)
    {
        _options = options;
        Source = source;
        Server = server;
        Ledger = new Ledger(options.VisibilityTimeout, Findings, options.TimeProvider);
    }

    public NpgsqlDataSource Source { get; }
    public ServerProcess Server { get; }
    public Findings Findings { get; } = new();
    public Ledger Ledger { get; }
    public List<string> Facts { get; } = [];

    public static async Task<TortureRig> StartAsync(
        TortureOptions options, EmbeddedPostgres sourceServer, EmbeddedPostgres logServer, CancellationToken cancellationToken)
    {
        var sourceConnection = await CreateDatabaseAsync(sourceServer, SourceDatabase, cancellationToken);
        var logConnection = await CreateDatabaseAsync(logServer, LogDatabase, cancellationToken);
        var source = NpgsqlDataSource.Create(sourceConnection);
        await TortureTables.CreateAsync(source, cancellationToken);
        await using (var slot = source.CreateCommand($"SELECT pg_create_logical_replication_slot('{Slot}', 'pgoutput')"))
            await slot.ExecuteNonQueryAsync(cancellationToken);
        await new SlotOracle(source).CreateAsync(cancellationToken);

        var server = await ServerProcess.StartAsync(
            new ServerProcessOptions { LogConnectionString = logConnection, TimeProvider = options.TimeProvider }, cancellationToken);
        var rig = new TortureRig(options, source, server);
        try
        {
            using var api = new ApiClient(server.Address, server.Token);
            await api.CreateDatabaseAsync(DatabaseName, sourceConnection, Slot, TortureTables.Publication, cancellationToken);
            await api.CreateConsumerAsync(ConsumerName, DatabaseName, options.VisibilityTimeout, cancellationToken);
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writers and pullers run while <paramref name="strike"/> does its worst; ends when the writers and it are done.</summary>
    public async Task RunAsync(Func<CancellationToken, Task> strike, CancellationToken cancellationToken)
    {
        await using var pullers = new Pullers(
            Server, ConsumerName, _options.Pullers, _options.Seed, _options.VisibilityTimeout, Ledger, Findings, _options.TimeProvider);
        await LoadAsync(strike, cancellationToken);
        pullers.BeGood();

        var expected = await new SlotOracle(Source).ReadAsync(cancellationToken);
        Say($"{expected.Count} row changes were committed; {Ledger.Seen} are delivered, {Ledger.Finished} acked when the writers end.");
        await SettleAsync(expected.Count, cancellationToken);
        await pullers.DisposeAsync();

        Verdict.Judge(expected, Ledger.Entries, Findings);
        Say($"{Ledger.Seen} messages in {Ledger.Deliveries} deliveries. Receipts: {Ledger.StatusCounts}.");
    }

    public TortureReport Report() => new(_options.Seed, Findings, Facts, Server.Output);

    public void Say(string fact)
    {
        lock (Facts)
        {
            Facts.Add(fact);
            _options.Output(fact);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Source.DisposeAsync();
    }

    private async Task LoadAsync(Func<CancellationToken, Task> strike, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var plan = new LoadPlan(_options.Seed, _options.Writers, _options.RowChanges, _options.Duration);
        var writing = Writers.RunAsync(Source, plan, _options.TimeProvider, stop.Token);
        var striking = strike(stop.Token);
        try
        {
            // A failure of either ends both.
            await (await Task.WhenAny(writing, striking)).WaitAsync(cancellationToken);
            await Task.WhenAll(writing, striking).WaitAsync(_options.Duration + LoadGrace, _options.TimeProvider, cancellationToken);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(writing, striking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SettleAsync(int expected, CancellationToken cancellationToken)
    {
        var time = _options.TimeProvider;
        while (true)
        {
            var (seen, finished) = (Ledger.Seen, Ledger.Finished);
            try
            {
                await Ledger.WhenAsync(ledger => ledger.Seen >= expected && ledger.Open == 0)
                    .WaitAsync(StallTimeout, time, cancellationToken);
                break;
            }
            catch (TimeoutException) when (Ledger.Seen > seen || Ledger.Finished > finished)
            {
                // Slow, and on its way.
            }
            catch (TimeoutException)
            {
                Findings.Add(FindingKinds.Stalled, $"{StallTimeout} without a new message or ack: "
                    + $"{seen} seen of {expected}, {finished} acked, {Ledger.Open} to come again");
                return;
            }
        }

        // Whatever comes again or too much must come now: every lease runs out.
        await Task.Delay(_options.VisibilityTimeout * 1.5, time, cancellationToken);
    }

    private static async Task<string> CreateDatabaseAsync(EmbeddedPostgres server, string name, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        await using var command = source.CreateCommand($"CREATE DATABASE {name}");
        await command.ExecuteNonQueryAsync(cancellationToken);
        return new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = name }.ConnectionString;
    }
}
