using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Sequin.Core.Segments;
using Sequin.Postgres.Backfills;
using Sequin.Postgres.Log;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Replication;
using Sequin.Postgres.Replication.Attach;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Setup;
using Sequin.Postgres.Tests.Log;

namespace Sequin.Postgres.Tests.Replication.Failures;

/// <summary>
/// A source with one table, replicated into a log of its own as a silo's worker does it: when a run ends, the next begins. What is
/// in the log is compared with the numbers that were inserted, in their order.
/// </summary>
internal sealed class ReplicatedSource : ISegmentSubscriber, IAsyncDisposable
{
    public const string Publication = "pub";

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(100);
    private static readonly BackfillLimits QuickBackfills = new()
    {
        PollInterval = TimeSpan.FromMilliseconds(50),
        BacklogInterval = TimeSpan.FromMilliseconds(10),
    };

    private readonly string _owner = $"test-{Guid.NewGuid():N}";
    private readonly NpgsqlDataSource _log;
    private readonly SlotReplication _replication;
    private readonly SlotPumpOptions _options;
    private CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    private ReplicatedSource(
        LogTestDatabase log, NpgsqlDataSource logOfPump, SourceAddress admin, DatabaseRecord database, SlotPumpOptions options,
        IBackfillHost? backfills)
    {
        Log = log;
        _log = logOfPump;
        _options = options;
        Admin = admin;
        Database = database;
        Slots = new SlotStore(log.DataSource);
        Gaps = new GapStore(log.DataSource);
        _replication = new SlotReplication(
            logOfPump, options, TimeProvider.System, NullLogger<SlotReplication>.Instance, QuickBackfills, backfills);
    }

    public LogTestDatabase Log { get; }

    /// <summary>Changes that are in no segment.</summary>
    public ConcurrentQueue<UndecodableChange> SetAside { get; } = new();

    /// <summary>What ended the pump the last time.</summary>
    public Exception? LastFailure { get; private set; }

    /// <summary>The source itself, whatever is between it and the pump.</summary>
    public SourceAddress Admin { get; }
    public DatabaseRecord Database { get; }
    public SlotStore Slots { get; }
    public GapStore Gaps { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="admin">The source, as its owner; table, publication and slot are made there unless they are there.</param>
    /// <param name="pump">The source as the pump reaches it; null: the same.</param>
    /// <param name="logOfPump">How the pump reaches the log database; null: directly.</param>
    /// <param name="log">The log database; null: a new one on the shared server.</param>
    /// <param name="options">Of the pump.</param>
    /// <param name="backfills">What backfills talk to; null: nobody.</param>
    public static async Task<ReplicatedSource> StartAsync(
        SourceAddress admin, SourceAddress? pump = null, Func<string, string>? logOfPump = null, LogTestDatabase? log = null,
        SlotPumpOptions? options = null, IBackfillHost? backfills = null)
    {
        var slot = $"slot_{Guid.NewGuid():N}";
        await using (var connection = await SourceConnector.OpenAsync(admin, Cancellation))
        {
            await using var command = new NpgsqlCommand(
                $"CREATE TABLE t (id int PRIMARY KEY, note text); CREATE PUBLICATION {Publication} FOR TABLE t", connection);
            await command.ExecuteNonQueryAsync(Cancellation);
            Assert.Equal(SlotCreationStatus.Created, (await SlotSetup.CreateAsync(connection, slot, Cancellation)).Status);
        }

        log ??= await LogTestDatabase.CreateAsync();
        var catalog = new DatabaseCatalog(log.DataSource, new EphemeralDataProtectionProvider());
        var database = await catalog.InsertAsync(
            LogSamples.Database("shop") with { Address = pump ?? admin, SlotName = slot, PublicationName = Publication }, Cancellation);
        var throughWhat = logOfPump is null ? log.DataSource : LogDataSource.Create(logOfPump(log.ConnectionString));
        var source = new ReplicatedSource(log, throughWhat, admin, database, options ?? new SlotPumpOptions(), backfills);
        source.Start();
        return source;
    }

    public void Start()
    {
        _stop.Dispose();
        _stop = new CancellationTokenSource();
        _loop = Task.Run(() => RunAsync(_stop.Token), Cancellation);
    }

    /// <summary>Nothing happens when it is stopped already.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Another process that wants the slot, with a way of its own to the log.</summary>
    public RivalPump StartRival() => new(
        stop => new SlotReplication(Log.DataSource, _options, TimeProvider.System, NullLogger<SlotReplication>.Instance)
            .RunOnceAsync(Database, $"rival-{Guid.NewGuid():N}", _ => false, this, stop));

    /// <summary>A statement on the source.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await SourceConnector.OpenAsync(Admin, Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    public async Task<T> QueryAsync<T>(string sql)
    {
        await using var connection = await SourceConnector.OpenAsync(Admin, Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    /// <summary>Inserts numbers, a transaction each.</summary>
    public async Task InsertAsync(int from, int to)
    {
        await using var connection = await SourceConnector.OpenAsync(Admin, Cancellation);
        for (var id = from; id <= to; id++)
        {
            await using var command = new NpgsqlCommand($"INSERT INTO t VALUES ({id})", connection);
            await command.ExecuteNonQueryAsync(Cancellation);
        }
    }

    /// <summary>Waits until the log has these numbers, in this order and no others.</summary>
    public async Task UntilLoggedAsync(params IEnumerable<int> ids)
    {
        var expected = ids.ToList();
        IReadOnlyList<int> seen = [];
        await UntilAsync(
            async () => (seen = await LoggedAsync()).Count >= expected.Count,
            () => $"{expected.Count} changes were expected in the log, {seen.Count} came");
        Assert.Equal(expected, seen);
    }

    public async Task<IReadOnlyList<int>> LoggedAsync()
    {
        await using var command = Log.DataSource.CreateCommand("SELECT message FROM sequin.messages ORDER BY \"offset\"");
        await using var rows = await command.ExecuteReaderAsync(Cancellation);
        var ids = new List<int>();
        while (await rows.ReadAsync(Cancellation))
        {
            using var message = JsonDocument.Parse(rows.GetString(0));
            ids.Add(message.RootElement.GetProperty("record").GetProperty("id").GetInt32());
        }

        return ids;
    }

    /// <summary>Waits until the database is in the state.</summary>
    /// <returns>Its detail.</returns>
    public async Task<string> UntilStateAsync(params DatabaseState[] states)
    {
        SlotState? seen = null;
        await UntilAsync(
            async () => Array.IndexOf(states, (seen = await Slots.ReadStateAsync(Database.Id, Cancellation))!.State) >= 0,
            () => $"the state did not become {string.Join(" or ", states)}; it is {seen}");
        return seen!.Detail ?? "";
    }

    /// <summary>Waits until changes flow or could.</summary>
    public Task UntilStreamingAsync() => UntilStateAsync(DatabaseState.Streaming, DatabaseState.CatchingUp, DatabaseState.Idle);

    public Task<SlotRecoveryResult> RecoverAsync() =>
        new SlotRecovery(Log.DataSource, TimeProvider.System).RunAsync(Database, Cancellation);

    public async Task UntilAsync(Func<Task<bool>> condition, Func<string> otherwise)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > WaitMax)
                Assert.Fail($"After {WaitMax.TotalSeconds:0} s {otherwise()}. Last failure of the pump: {LastFailure}");
            await Task.Delay(PollInterval, TimeProvider.System, Cancellation);
        }
    }

    public void OnSetAside(UndecodableChange change) => SetAside.Enqueue(change);

    public void OnCommitted(IReadOnlyList<Segment> segments)
    {
        // The log itself is looked at.
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        if (_log != Log.DataSource)
            await _log.DisposeAsync();
        await Log.DisposeAsync();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await _replication.RunOnceAsync(Database, _owner, _ => false, this, cancellationToken);
            }
            catch (Exception broken) when (!cancellationToken.IsCancellationRequested)
            {
                LastFailure = broken;
            }

            await Task.Delay(Backoff, TimeProvider.System, cancellationToken);
        }
    }
}
