using Npgsql;
using Sequin.Core.Segments;
using Sequin.Postgres.Log.Backfills;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Replication;

namespace Sequin.Postgres.Log.Segments;

/// <summary>
/// Appends a pump's segments to the log, on a connection of its own. One call is one round trip and one transaction: the fence
/// (which also renews the lease and moves the position), then an INSERT a segment or undecodable change, each of which checks the
/// fence again, so that nothing is written once another owner has the slot. One statement with all segments in arrays was measured
/// too: it costs the server the same for one segment and 2.7 times as much for four of 2000 messages.
/// Not thread safe. After any exception the outcome is unknown: dispose it, and read the position before writing again.
/// </summary>
public sealed class SegmentWriter : IAsyncDisposable
{
    private const string MoveSlot = $"""
        UPDATE sequin.slots SET expires_at = now() + $4, source_epoch = $5, commit_lsn = $6, ordinal = $7, end_lsn = $8
        WHERE {SlotStore.Fence} RETURNING routes_version
        """;

    private const string InsertSegment = $"""
        INSERT INTO sequin.segments ({SegmentRows.Columns})
        SELECT $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15
        WHERE EXISTS (SELECT FROM sequin.slots WHERE {SlotStore.Fence})
          AND NOT EXISTS (SELECT FROM sequin.deleted_streams d WHERE d.stream_id = $4)
        """;

    private readonly NpgsqlConnection _connection;
    private bool _isUnreplicated;

    private SegmentWriter(NpgsqlConnection connection)
    {
        _connection = connection;
        // A commit whose wait for a synchronous standby is cancelled, as by a time-out, succeeds with a warning. The source must not
        // forget what only one server has, when its operator wants it on two.
        connection.Notice += (_, notice) => _isUnreplicated |= notice.Notice.Routine == "SyncRepWaitForLSN";
    }

    public static async Task<SegmentWriter> OpenAsync(NpgsqlDataSource source, CancellationToken cancellationToken) =>
        new(await source.OpenConnectionAsync(cancellationToken));

    /// <summary>The same without any backfill.</summary>
    public Task AppendAsync(
        SlotLease lease, SlotPosition position, IReadOnlyList<Segment> segments, IReadOnlyList<UndecodableChange> undecodable,
        TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        AppendAsync(lease, position, segments, undecodable, [], leaseDuration, cancellationToken);

    /// <summary>
    /// Writes the segments, the undecodable changes, the progress of backfills and the position behind them, durably, or nothing.
    /// </summary>
    /// <param name="lease">The right to write.</param>
    /// <param name="position">Where the slot is after these segments; its server and timeline are not written.</param>
    /// <param name="segments">Of any streams; none: only the position moves.</param>
    /// <param name="undecodable">Changes that are in no segment.</param>
    /// <param name="chunks">Of backfills, whose rows are among the segments.</param>
    /// <param name="leaseDuration">How long the lease holds from now.</param>
    /// <param name="cancellationToken">When it fires, the outcome is unknown.</param>
    /// <returns>The version of the routes that is to be gone by (<see cref="Catalog.StreamRoutes"/>).</returns>
    /// <exception cref="SlotLeaseLostException">Another owner has the slot; nothing was written.</exception>
    public async Task<long> AppendAsync(
        SlotLease lease, SlotPosition position, IReadOnlyList<Segment> segments, IReadOnlyList<UndecodableChange> undecodable,
        IReadOnlyList<ChunkWritten> chunks, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(_connection);
        var move = new NpgsqlBatchCommand(MoveSlot);
        move.Parameters.With(
            lease.DatabaseId.Value, lease.Epoch, lease.Owner, leaseDuration,
            position.Last.SourceEpoch, LogTypes.Parameter(position.Last.CommitLsn), position.Last.Ordinal,
            LogTypes.Parameter(position.EndLsn));
        batch.BatchCommands.Add(move);
        foreach (var segment in segments)
            batch.BatchCommands.Add(Insert(lease, segment));
        foreach (var change in undecodable)
            batch.BatchCommands.Add(UndecodableChangeStore.Insert(lease, change));
        foreach (var chunk in chunks)
            batch.BatchCommands.Add(BackfillStore.Advance(lease, chunk));

        // Costs a round trip the first time only: the connection remembers its prepared statements by their text.
        await batch.PrepareAsync(cancellationToken);
        var routesVersion = await ExecuteAsync(batch, cancellationToken);
        if (_isUnreplicated)
            throw new TimeoutException("The log database's synchronous standby did not take a commit in time.");
        return routesVersion ?? throw new SlotLeaseLostException(lease);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static async Task<long?> ExecuteAsync(NpgsqlBatch batch, CancellationToken cancellationToken)
    {
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        long? routesVersion = await reader.ReadAsync(cancellationToken) ? reader.GetInt64(0) : null;
        while (await reader.NextResultAsync(cancellationToken))
        {
            // An error of a later statement is met only there.
        }

        return routesVersion;
    }

    private static NpgsqlBatchCommand Insert(SlotLease lease, Segment segment)
    {
        var insert = new NpgsqlBatchCommand(InsertSegment);
        insert.Parameters.With([lease.DatabaseId.Value, lease.Epoch, lease.Owner, .. SegmentRows.Values(segment)]);
        return insert;
    }
}
