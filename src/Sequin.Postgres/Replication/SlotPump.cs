using Npgsql;
using Sequin.Core.Changes;
using Sequin.Postgres.Log.Backfills;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Replication.Decoding;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Replication;

/// <summary>
/// Carries the changes of one slot into the log, exactly once:
/// <code>
/// 1 attach    the slot may not be ahead of what the log has; else it is a gap (SlotAttachment)
/// 2 read      raw messages from the walsender (IReplicationFeed), decoded into segments (BatchAssembler)
/// 3 commit    segments and position in one log transaction, fenced by the lease (SegmentWriter)
/// 4 hand over the same segments to the streams' grains (ISegmentSubscriber)
/// 5 confirm   the end of the last whole transaction to the source
/// </code>
/// Reader and writer run side by side (BatchHandover). Any failure ends both; the next run begins at the durable position and
/// skips what the source sends again.
/// </summary>
internal sealed class SlotPump(
    DatabaseRecord database, SlotLease lease, SlotPosition start, PgOutputDecoder decoder, BatchHandover handover, PumpRouting routing,
    IReplicationFeed feed, SegmentWriter log, ISegmentSubscriber subscriber, StateReporter state, SlotPumpOptions options, TimeProvider time)
{
    private SlotPosition _durable = start;
    private long _routesVersion;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = Task.Run(() => ReadAsync(stop.Token), CancellationToken.None);
        var writing = Task.Run(() => WriteAsync(stop.Token), CancellationToken.None);
        var first = await Task.WhenAny(reading, writing);
        await stop.CancelAsync();
        await feed.StopAsync();
        await Task.WhenAll(reading, writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // The one that ended first has the reason; the other was only cancelled.
        await first;
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await routing.WaitForQuotaAsync(cancellationToken);
                if (!await feed.ReadAsync(cancellationToken))
                    break;
                var step = handover.Decode(feed.Message, feed.WalStart);
                if (step is DecodeStep.LookupNeeded or DecodeStep.TypesOutdated)
                    await LookUpAsync(cancellationToken);
                if (step == DecodeStep.TypesOutdated)
                    handover.Decode(feed.Message, feed.WalStart);
                if (handover.IsFull)
                    await handover.WaitForRoomAsync(cancellationToken);
            }
        }
        catch (NpgsqlException broken)
        {
            throw new SourceProblemException(ReplicationDiagnosis.OfStream(broken, database), broken);
        }

        throw new IOException($"The source {database.Address} ended the replication of slot {database.SlotName}.");
    }

    private async Task LookUpAsync(CancellationToken cancellationToken)
    {
        await using var source = await SourceConnector.OpenAsync(database.Address, cancellationToken);
        await RelationCatalog.AnswerAsync(decoder, source, cancellationToken);
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await handover.TakeAsync(options.IdleInterval, cancellationToken) is { } batch)
            {
                await AppendAsync(batch, cancellationToken);
                subscriber.OnCommitted(batch.Segments);
                foreach (var change in batch.Undecodable)
                    subscriber.OnSetAside(change);
                if (!routing.IsStopped)
                    await state.SetAsync(StateOf(batch), null, cancellationToken);
            }
            else
            {
                // WAL of other databases and tables moves the server's position too: unconfirmed, it would pile up, and a source
                // that shuts down would wait for us. Durable first, because a slot ahead of the log is a gap. Renews the lease, too.
                var idle = handover.IdleLsn(feed.LastReceived) ?? _durable.EndLsn;
                var position = _durable with { EndLsn = Lsn.Max(idle, _durable.EndLsn) };
                await AppendAsync(new IngestBatch([], [], [], position, 0), cancellationToken);
                if (!routing.IsStopped)
                    await state.SetAsync(DatabaseState.Idle, null, cancellationToken);
            }

            await routing.FollowAsync(_routesVersion, cancellationToken);
            if (routing.IsStopped)
                await state.SetAsync(DatabaseState.QuotaReached, routing.QuotaText, cancellationToken);

            feed.Confirm(_durable.EndLsn);
        }
    }

    private async Task AppendAsync(IngestBatch batch, CancellationToken cancellationToken)
    {
        IReadOnlyList<ChunkWritten> chunks = batch.Chunks.Count == 0 ? [] : [.. batch.Chunks.Select(chunk => chunk.Written)];
        _routesVersion = await log.AppendAsync(
            lease, batch.Position, batch.Segments, batch.Undecodable, chunks, options.LeaseDuration, cancellationToken);
        _durable = batch.Position;
        foreach (var chunk in batch.Chunks)
            chunk.Ticket.OnDurable();
    }

    private DatabaseState StateOf(IngestBatch batch)
    {
        var committed = DateTimeOffset.UnixEpoch.AddMicroseconds(batch.LastCommitTimeMicros);
        return time.GetUtcNow() - committed > options.CatchingUpAfter ? DatabaseState.CatchingUp : DatabaseState.Streaming;
    }
}
