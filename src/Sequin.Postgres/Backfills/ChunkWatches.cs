using Sequin.Core.Changes;
using Sequin.Postgres.Replication.Decoding;

namespace Sequin.Postgres.Backfills;

/// <summary>
/// Between the decoder and the backfills that run beside it: the decoder tells of every change and of the watermarks, each backfill
/// hears of its own table. While none runs a change costs one look at a flag.
/// </summary>
internal sealed class ChunkWatches(IChunkReceiver receiver)
{
    private readonly Lock _gate = new();
    private readonly List<BackfillWatch> _watches = [];
    private volatile bool _isActive;

    /// <param name="table">As <c>schema.table</c>, unquoted.</param>
    /// <param name="knownXid">A full transaction id of the source, of now or little before.</param>
    public BackfillWatch Open(string table, ulong knownXid)
    {
        var watch = new BackfillWatch(table, knownXid);
        lock (_gate)
        {
            _watches.Add(watch);
            _isActive = true;
        }

        return watch;
    }

    /// <summary>From here on a watermark of it has no effect.</summary>
    public void Close(BackfillWatch watch)
    {
        lock (_gate)
        {
            _watches.Remove(watch);
            _isActive = _watches.Count > 0;
        }
    }

    public void RequireEnded(BackfillWatch watch, ulong belowXid)
    {
        lock (_gate)
            watch.RequireEnded(belowXid);
    }

    /// <returns>False: a transaction is still open that may have been streamed before the watch began.</returns>
    public bool TryExpect(BackfillWatch watch, PreparedChunk chunk, ChunkTicket ticket)
    {
        lock (_gate)
            return watch.TryExpect(chunk, ticket);
    }

    public void OnChange(uint xid, in ChangeHeader header)
    {
        if (!_isActive)
            return;
        lock (_gate)
        {
            foreach (var watch in _watches)
            {
                if (watch.Table == header.Table)
                    watch.OnChange(xid, header);
            }
        }
    }

    /// <summary>A relation is described: for the first time, or again because something about it changed.</summary>
    public void OnRelation(uint xid, Relation? former, Relation relation)
    {
        if (!_isActive)
            return;
        // Of one whose key is looked up apart, the description does not tell whether the key is still the same.
        if (former is null || former.NeedsKey || !relation.HasShapeOf(former))
            OnTableChange(xid, relation.QualifiedName);
        if (former is not null && former.QualifiedName != relation.QualifiedName)
            OnTableChange(xid, former.QualifiedName);
    }

    public void OnTableChange(uint xid, string table)
    {
        if (!_isActive)
            return;
        lock (_gate)
        {
            foreach (var watch in _watches)
            {
                if (watch.Table == table)
                    watch.OnTableChange(xid);
            }
        }
    }

    public void OnWatermark(Guid chunk, Transaction watermark)
    {
        if (!_isActive)
            return;
        lock (_gate)
            _watches.Find(watch => watch.IsExpecting(chunk))?.OnWatermark(receiver, watermark);
    }
}
