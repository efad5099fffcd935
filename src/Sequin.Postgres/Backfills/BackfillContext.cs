using Npgsql;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Backfills;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Postgres.Backfills;

/// <summary>What the backfills of one database share: the pump's watches, connections to the source, places to read.</summary>
internal sealed class BackfillContext : IAsyncDisposable
{
    // The watermark needs no standby of the source: it is written again when it is lost. And none must hold up a backfill.
    private const string SessionOptions = "-c synchronous_commit=local";

    // An idle connection would hold up the owner's DROP DATABASE.
    private const int ConnectionIdleSecondsMax = 5;

    private readonly NpgsqlDataSource _source;
    private readonly SemaphoreSlim _places;

    public BackfillContext(
        DatabaseRecord database, ChunkWatches watches, BackfillStore store, BackfillLimits limits, IBackfillHost? host, TimeProvider time)
    {
        (Database, Watches, Store, Limits, Host, Time) = (database, watches, store, limits, host, time);
        var readers = Math.Clamp(database.Address.PoolSize, 1, limits.ReadersMax);
        _places = new SemaphoreSlim(readers);
        var address = new NpgsqlConnectionStringBuilder(database.Address.ToConnectionString(pooled: true, options: SessionOptions))
        {
            MaxPoolSize = readers + limits.ReadersMax,
            ConnectionIdleLifetime = ConnectionIdleSecondsMax,
            ConnectionPruningInterval = ConnectionIdleSecondsMax,
            // All that is set is set for a transaction; prepared statements are to last.
            NoResetOnClose = true,
        };
        _source = NpgsqlDataSource.Create(address);
    }

    public DatabaseRecord Database { get; }
    public ChunkWatches Watches { get; }
    public BackfillStore Store { get; }
    public BackfillLimits Limits { get; }
    public IBackfillHost? Host { get; }
    public TimeProvider Time { get; }

    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => _source.OpenConnectionAsync(cancellationToken);

    /// <summary>One of the places to read a chunk, until it is disposed.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        return new Place(_places);
    }

    /// <summary>Waits while a consumer has more before it than it should.</summary>
    public async Task UntilCaughtUpAsync(ConsumerId consumer, CancellationToken cancellationToken)
    {
        while (Host is not null && await Host.ReadBacklogAsync(consumer, cancellationToken) > Limits.BacklogMessagesMax)
            await Task.Delay(Limits.BacklogInterval, Time, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        _places.Dispose();
    }

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }
}
