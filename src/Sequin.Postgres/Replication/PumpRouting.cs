using Npgsql;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Replication;

/// <summary>
/// Keeps a pump to the routes of the catalog: each batch that is written brings back their version, and another one is taken over
/// between two transactions. A stream that is full makes the pump's reader wait. For the writer, but for the wait.
/// </summary>
internal sealed class PumpRouting(NpgsqlDataSource log, SlotLease lease, BatchHandover handover)
{
    private readonly StreamCatalog _catalog = new(log);
    private readonly SegmentReader _segments = new(log);
    private readonly SlotStore _slots = new(log);
    private StreamRoutes _routes = new(0, []);
    private long _reported = -1;
    private volatile TaskCompletionSource? _stopped;

    /// <summary>The reader waits, because a stream is full.</summary>
    public bool IsStopped => _stopped is not null;

    /// <summary>Which, and what to do.</summary>
    public string QuotaText => DatabaseStateAdvice.For(DatabaseState.QuotaReached, new DatabaseStateContext("", "", "", "",
        $"The stream {string.Join(", ", _routes.Routes.Where(route => route.IsOverQuota).Select(route => route.Name))} has reached its"
        + " max_bytes, and its consumers have not finished what would have to go."));

    /// <summary>Before the first change.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var routes = await _catalog.ReadRoutesAsync(lease.DatabaseId, cancellationToken);
        var known = _routes.Routes.Select(route => route.Stream).ToHashSet();
        var ends = new Dictionary<StreamKey, StreamEnd>();
        foreach (var route in routes.Routes.Where(route => !known.Contains(route.Stream)))
            ends.Add(route.Stream, await _segments.ReadEndAsync(route.Stream, cancellationToken));

        _routes = routes;
        handover.Route(routes, ends);
        if (routes.IsStopped)
            _stopped ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        else
            Release();
    }

    /// <summary>After a batch: takes over what has changed, and says so once it is in effect.</summary>
    public async Task FollowAsync(long routesVersion, CancellationToken cancellationToken)
    {
        if (routesVersion != _routes.Version)
            await LoadAsync(cancellationToken);
        var inEffect = handover.RoutesVersion;
        if (inEffect == _reported)
            return;
        await _slots.SaveRoutesAppliedAsync(lease, inEffect, cancellationToken);
        _reported = inEffect;
    }

    /// <summary>For the reader, before each message.</summary>
    public Task WaitForQuotaAsync(CancellationToken cancellationToken) =>
        _stopped is { } stopped ? stopped.Task.WaitAsync(cancellationToken) : Task.CompletedTask;

    private void Release()
    {
        var stopped = _stopped;
        _stopped = null;
        stopped?.SetResult();
    }
}
