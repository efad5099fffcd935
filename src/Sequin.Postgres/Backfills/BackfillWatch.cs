using Sequin.Core.Backfills;
using Sequin.Core.Changes;
using Sequin.Postgres.Replication.Decoding;

namespace Sequin.Postgres.Backfills;

/// <summary>One backfill's watch on its table. All of it is under the lock of <see cref="ChunkWatches"/>.</summary>
internal sealed class BackfillWatch(string table, ulong knownXid)
{
    private readonly ChunkWatch _watch = new();
    private ulong _knownXid = knownXid;
    private PreparedChunk? _chunk;
    private ChunkTicket? _ticket;

    public string Table => table;

    public void RequireEnded(ulong belowXid)
    {
        _knownXid = belowXid;
        _watch.RequireEnded(belowXid);
    }

    public bool TryExpect(PreparedChunk chunk, ChunkTicket ticket)
    {
        _knownXid = chunk.Snapshot.XMax;
        (_chunk, _ticket) = _watch.TryExpect(ticket.Id, chunk.Snapshot) ? (chunk, ticket) : (null, null);
        return _ticket is not null;
    }

    public void OnChange(uint xid, in ChangeHeader header) =>
        _watch.OnChange(FullTransactionId.Near(_knownXid, xid), header.Group, header.FormerGroup);

    public void OnTableChange(uint xid) => _watch.OnTableChange(FullTransactionId.Near(_knownXid, xid));

    public bool IsExpecting(Guid chunk) => _ticket?.Id == chunk;

    public void OnWatermark(IChunkReceiver receiver, Transaction watermark)
    {
        var (chunk, ticket) = (_chunk!, _ticket!);
        (_chunk, _ticket) = (null, null);
        var verdict = _watch.Judge(chunk.Groups);
        if (verdict.MustReadAgain || receiver.TryAppend(chunk, verdict, ticket, watermark))
            ticket.OnJudged(verdict);
        else
            ticket.OnNoStream($"The stream of consumer {chunk.Consumer} is not written by this pump yet.");
    }
}
