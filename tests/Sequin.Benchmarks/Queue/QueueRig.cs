using Npgsql;
using Sequin.Benchmarks.Backlogs;
using Sequin.Postgres.Embedded;
using Sequin.Testing.Clients;
using Sequin.Testing.Servers;

namespace Sequin.Benchmarks.Queue;

/// <summary>
/// What is measured: two sources in the log, PGMQ, and one server for all of it, on one PostgreSQL. Neighbours in a repetition are the
/// two sides of a ratio.
/// </summary>
internal sealed class QueueRig : IAsyncDisposable
{
    private const double MicrosecondsPerSecond = 1e6;

    private readonly EmbeddedPostgres _postgres;
    private readonly string _log;
    private readonly ServerProcess _server;
    private readonly ApiClient _api;
    private readonly PgmqQueue _pgmq;
    private readonly QueueSettings _settings;
    private readonly QueueConsumer _consumer;

    private QueueRig(EmbeddedPostgres postgres, string log, ServerProcess server, PgmqQueue pgmq, QueueSettings settings)
    {
        _postgres = postgres;
        _log = log;
        _server = server;
        _api = new ApiClient(server.Address, server.Token);
        _pgmq = pgmq;
        _settings = settings;
        _consumer = new QueueConsumer(server, _api, settings);
    }

    public string PostgresSource => _postgres.Source;
    public string ServerOutput => _server.Output;
    public double ServerPeakMiB => _server.PeakMemoryMiB;

    public static async Task<QueueRig> StartAsync(QueueSettings settings, CancellationToken cancellationToken)
    {
        var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions(), null, cancellationToken);
        var log = await Databases.CreateAsync(postgres.ConnectionString, "bench_log", cancellationToken);
        var pgmq = await PgmqQueue.InstallAsync(postgres.ConnectionString, settings.PgmqSql, cancellationToken);
        var server = await ServerProcess.StartAsync(new ServerProcessOptions { LogConnectionString = log }, cancellationToken);
        return new QueueRig(postgres, log, server, pgmq, settings);
    }

    public Task<QueueSource> DistinctAsync(CancellationToken cancellationToken) =>
        QueueSource.CreateDistinctAsync(_postgres.ConnectionString, _api, "bench_distinct", _settings.Messages, cancellationToken);

    public Task<QueueSource> GroupedAsync(CancellationToken cancellationToken) => QueueSource.CreateGroupedAsync(
        _postgres.ConnectionString, _api, "bench_grouped", _settings.Messages + _settings.Backlog, _settings.Groups, cancellationToken);

    public Task<double> MessageBytesAsync(QueueSource source, CancellationToken cancellationToken) =>
        _consumer.MessageBytesAsync(source, cancellationToken);

    /// <summary>So that neither side pays for its first seconds, when compilers and caches are busy.</summary>
    /// <returns>Mean size of a message in PGMQ.</returns>
    public async Task<double> WarmUpAsync(QueueSource distinct, QueueSource grouped, CancellationToken cancellationToken)
    {
        await OursAsync(distinct, _settings.Clients, grouping: true, cancellationToken);
        await OursAsync(grouped, _settings.Clients, grouping: true, cancellationToken);
        await _pgmq.FillAsync(_settings.Messages, cancellationToken);
        var bytes = await _pgmq.MessageBytesAsync(cancellationToken);
        await _pgmq.DrainAsync(_settings.Messages, _settings.Clients, _settings.BatchSize, cancellationToken);
        await _pgmq.DropAsync(cancellationToken);
        return bytes;
    }

    public async Task<QueueRepetition> RepeatAsync(QueueSource distinct, QueueSource grouped, CancellationToken cancellationToken)
    {
        var cpu = _server.CpuTime;
        var ours = await OursAsync(distinct, _settings.Clients, grouping: true, cancellationToken);
        var oursCpu = _server.CpuTime - cpu;
        var pgmq = await PgmqAsync(_settings.Clients, cancellationToken);
        var oursWithOne = await OursAsync(distinct, 1, grouping: true, cancellationToken);
        var pgmqWithOne = await PgmqAsync(1, cancellationToken);
        var plain = await OursAsync(distinct, _settings.Clients, grouping: false, cancellationToken);
        var withGroups = await OursAsync(grouped, _settings.Clients, grouping: true, cancellationToken);
        var (notHeld, held) = await HeldAsync(distinct, cancellationToken);
        return new QueueRepetition
        {
            Ours = ours,
            Pgmq = pgmq,
            OursWithOneClient = oursWithOne,
            PgmqWithOneClient = pgmqWithOne,
            Plain = plain,
            Grouped = withGroups,
            NotHeld = notHeld,
            Held = held,
            ServerCpuMicroseconds = oursCpu.TotalSeconds * MicrosecondsPerSecond / _settings.Messages,
        };
    }

    public async ValueTask DisposeAsync()
    {
        _api.Dispose();
        await _server.DisposeAsync();
        await _pgmq.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    private async Task<(double NotHeld, double Held)> HeldAsync(QueueSource source, CancellationToken cancellationToken)
    {
        await using var churn = await Churn.StartAsync(_log, cancellationToken);
        var notHeld = await OursAsync(source, _settings.Clients, grouping: true, cancellationToken);
        await using var snapshot = await OldSnapshot.HoldAsync(_log, cancellationToken);
        var held = await OursAsync(source, _settings.Clients, grouping: true, cancellationToken);
        return (notHeld, held);
    }

    private async Task<double> OursAsync(QueueSource source, int clients, bool grouping, CancellationToken cancellationToken)
    {
        await CheckpointAsync(cancellationToken);
        return RateOf(await _consumer.DrainAsync(source, clients, grouping, cancellationToken));
    }

    private async Task<double> PgmqAsync(int clients, CancellationToken cancellationToken)
    {
        await _pgmq.FillAsync(_settings.Messages, cancellationToken);
        await CheckpointAsync(cancellationToken);
        var rate = RateOf(await _pgmq.DrainAsync(_settings.Messages, clients, _settings.BatchSize, cancellationToken));
        await _pgmq.DropAsync(cancellationToken);
        return rate;
    }

    // So that no measurement pays for the pages that another one left.
    private async Task CheckpointAsync(CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(_postgres.ConnectionString);
        await using var command = source.CreateCommand("CHECKPOINT");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private double RateOf(TimeSpan elapsed) => _settings.Messages / elapsed.TotalSeconds;
}
