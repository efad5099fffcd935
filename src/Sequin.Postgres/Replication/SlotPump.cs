using Microsoft.Extensions.Logging;
using Sequin.Core.Changes;
using Sequin.Core.Identity;
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
    DatabaseRecord database, SlotLease lease, SlotStore slots, SegmentWriter log, IReplicationFeed feed, SlotPumpSession session,
    ISegmentSubscriber subscriber, StateReporter state, SlotPumpOptions options, TimeProvider time)
{
    private readonly PgOutputDecoder _decoder = session.Decoder;
    private readonly BatchHandover _handover = session.Handover;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = Task.Run(() => ReadAsync(stop.Token), CancellationToken.None);
        var writing = Task.Run(() => WriteAsync(stop.Token), CancellationToken.None);
        var first = await Task.WhenAny(reading, writing);
        await stop.CancelAsync();
        await Task.WhenAll(reading, writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // The one that ended first has the reason; the other was only cancelled.
        await first;
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        while (await feed.ReadAsync(cancellationToken))
        {
            if (_handover.Decode(feed.Message, feed.WalStart) == DecodeStep.KeyNeeded)
            {
                var relation = _decoder.KeyNeededFor;
                _decoder.SetKey(relation, await session.Tables.PrimaryKeyAsync(relation, cancellationToken));
            }

            if (_handover.IsFull)
                await _handover.WaitForRoomAsync(cancellationToken);
        }

        throw new IOException($"The source {database.Address} ended the replication of slot {database.SlotName}.");
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        var confirmed = session.Start;
        while (true)
        {
            var batch = await _handover.TakeAsync(options.IdleInterval, cancellationToken);
            if (batch is not null)
            {
                await log.AppendAsync(lease, batch.Position, batch.Segments, options.LeaseDuration, cancellationToken);
                subscriber.OnCommitted(batch.Segments);
                confirmed = batch.Position.EndLsn;
                await state.SetAsync(StateOf(batch), null, cancellationToken);
            }
            else
            {
                confirmed = await SaveIdlePositionAsync(confirmed, cancellationToken);
            }

            feed.Confirm(confirmed);
        }
    }

    // WAL of other databases and tables moves the server's position too: unconfirmed, it would pile up, and a source that shuts
    // down would wait for us. Durable first, because a slot ahead of the log is a gap.
    private async Task<Lsn> SaveIdlePositionAsync(Lsn confirmed, CancellationToken cancellationToken)
    {
        var idle = _handover.IdleLsn(() => feed.LastReceived);
        if (idle is { } lsn && lsn > confirmed)
        {
            await slots.AdvanceAsync(lease, lsn, options.LeaseDuration, cancellationToken);
            await state.SetAsync(DatabaseState.Idle, null, cancellationToken);
            return lsn;
        }

        await slots.RenewAsync(lease, options.LeaseDuration, cancellationToken);
        return confirmed;
    }

    private DatabaseState StateOf(IngestBatch batch)
    {
        var committed = DateTimeOffset.UnixEpoch.AddMicroseconds(batch.Segments[^1].LastCommitTimeMicros);
        return time.GetUtcNow() - committed > options.CatchingUpAfter ? DatabaseState.CatchingUp : DatabaseState.Streaming;
    }
}
