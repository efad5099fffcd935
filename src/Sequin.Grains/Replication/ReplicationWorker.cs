using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Core.Segments;
using Sequin.Grains.Streams;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Replication;
using Sequin.Postgres.Replication.Attach;

namespace Sequin.Grains.Replication;

/// <summary>
/// Keeps one source database replicated for as long as it lives: runs the pump, and when the pump ends, waits and runs it again.
/// Runs on the thread pool, not on a grain's scheduler.
/// </summary>
internal sealed partial class ReplicationWorker : ISegmentSubscriber, IAsyncDisposable
{
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LastBackoff = TimeSpan.FromSeconds(5);

    /// <summary>A run this long was a good one: the next failure starts with a short wait again.</summary>
    private static readonly TimeSpan GoodRun = TimeSpan.FromSeconds(30);

    private readonly Dictionary<StreamKey, StreamFeeder> _feeders = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly DatabaseRecord _database;
    private readonly SlotReplication _replication;
    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly ILogger<ReplicationWorker> _logger;
    private readonly Task _loop;
    private readonly ISiloStatusOracle _silos;
    private readonly SlotMonitor _monitor;
    private readonly SourceInstruments _instruments;

    // The silo's address has its start time in it: another in every life.
    private readonly string _owner;

    public ReplicationWorker(
        DatabaseRecord database, bool ourTurn, SlotReplication replication, SlotMonitor monitor, SourceInstruments instruments,
        IGrainFactory grains, ISiloStatusOracle silos, TimeProvider time, ILogger<ReplicationWorker> logger)
    {
        _database = database;
        _replication = replication;
        _monitor = monitor;
        _instruments = instruments;
        _grains = grains;
        _silos = silos;
        _owner = silos.SiloAddress.ToParsableString();
        _time = time;
        _logger = logger;
        _loop = Task.Run(() => RunAsync(ourTurn ? TimeSpan.Zero : LastBackoff, _stop.Token));
    }

    /// <summary>As the catalog had it when this worker began: another version wants another worker.</summary>
    public DateTimeOffset Version => _database.UpdatedAt;

    public void OnCommitted(IReadOnlyList<Segment> segments)
    {
        foreach (var segment in segments)
        {
            if (!_feeders.TryGetValue(segment.Stream, out var feeder))
                _feeders.Add(segment.Stream, feeder = new StreamFeeder(_grains, segment.Stream, _time, _logger));
            feeder.Offer(segment);
        }
    }

    public void OnSetAside(UndecodableChange change)
    {
        LogSetAside(_logger, _database.Name, change.Position, change.Table, change.Error);
        _instruments.OnSetAside(_database);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _monitor.DisposeAsync();
        foreach (var feeder in _feeders.Values)
            await feeder.DisposeAsync();
        _stop.Dispose();
    }

    private async Task RunAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        var backoff = FirstBackoff;
        while (true)
        {
            await Task.Delay(delay, _time, cancellationToken);
            var started = _time.GetTimestamp();
            try
            {
                var reason = await _replication.RunOnceAsync(_database, _owner, IsDead, this, cancellationToken);
                LogNotStarted(_logger, _database.Name, reason);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogBroke(_logger, exception, _database.Name);
            }

            backoff = _time.GetElapsedTime(started) > GoodRun ? FirstBackoff : backoff * 2;
            backoff = backoff > LastBackoff ? LastBackoff : backoff;
            // Jitter: the workers of all silos must not come back in step.
            delay = backoff * (0.5 + (Random.Shared.NextDouble() / 2));
        }
    }

    // A silo that nobody remembers is dead, too. Who recovers the slot is no silo: its lease alone decides.
    private bool IsDead(string owner) =>
        !owner.StartsWith(SlotRecovery.OwnerPrefix, StringComparison.Ordinal)
        && _silos.GetApproximateSiloStatus(SiloAddress.FromParsableString(owner)) is SiloStatus.Dead or SiloStatus.None;

    [LoggerMessage(Level = LogLevel.Information, Message = "Replication of {DatabaseName} could not start: {Reason}. Trying again.")]
    private static partial void LogNotStarted(ILogger logger, string databaseName, string reason);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "A change of {DatabaseName} at {Position}, table {Table}, is in no stream but kept in sequin.undecodable_changes: {Error}")]
    private static partial void LogSetAside(ILogger logger, string databaseName, Position position, string table, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Replication of {DatabaseName} broke; connecting again.")]
    private static partial void LogBroke(ILogger logger, Exception exception, string databaseName);
}
