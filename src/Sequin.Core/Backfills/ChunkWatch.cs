using Sequin.Core.Changes;

namespace Sequin.Core.Backfills;

/// <summary>
/// Decides which rows of a backfill's chunk may enter the stream, so that no reader of the stream ever goes back to an older row:
/// <code>
/// 1 the pump opens a watch and tells it every change of the table, with its transaction        OnChange, OnTableChange
/// 2 a new transaction id is taken from the source: all that was streamed before 1 is below it   RequireEnded
/// 3 the chunk is read, with its snapshot S                                                      TryExpect
/// 4 a watermark W is written to the source's WAL
/// 5 the pump meets W: a row whose key was changed by a transaction that S does not see
///   is dropped, because the newer row is in the stream already; the rest goes in here           Judge
/// </code>
/// A transaction that S sees was committed before W was written and so is in the stream before it: the row is not older. One that S
/// does not see comes either before W, and its rows are dropped, or behind it, and follows the row. The usual rule, to drop what was
/// changed between two watermarks, is not enough: a commit is in the WAL, and may be streamed, before a reader sees it. That is why
/// changes from before the snapshot count too, and why a chunk waits until S sees the end of everything that was streamed before
/// the watch began.
/// One backfill has one watch, and one chunk at a time. Not thread safe.
/// </summary>
public sealed class ChunkWatch(int changesMax = ChunkWatch.ChangesMaxDefault)
{
    /// <summary>Changes that are remembered; 16 bytes each. Beyond it all are forgotten, and the chunk is read again.</summary>
    public const int ChangesMaxDefault = 250_000;

    // Of GroupHash.None: the whole table.
    private readonly List<(ulong Xid, ulong Group)> _changes = [];
    private TransactionSnapshot? _snapshot;
    private ulong _endedBelow;
    private bool _isIncomplete;

    /// <summary>The chunk that was read and whose watermark has not come.</summary>
    public Guid? ExpectedChunk { get; private set; }

    /// <summary>Chunks are only taken from snapshots in which every transaction below this one has ended.</summary>
    public ulong EndedBelow => _endedBelow;

    public void RequireEnded(ulong belowXid) => _endedBelow = Math.Max(_endedBelow, belowXid);

    /// <param name="xid">Full id of the change's transaction (<see cref="FullTransactionId"/>).</param>
    /// <param name="group">Of the row; none: any row may be meant.</param>
    /// <param name="formerGroup">Of the row before a change of its key; else none.</param>
    public void OnChange(ulong xid, ulong group, ulong formerGroup)
    {
        // What one snapshot sees, all later ones see.
        if (_snapshot?.Sees(xid) == true)
            return;

        Add(xid, group);
        if (formerGroup != GroupHash.None)
            Add(xid, formerGroup);
    }

    /// <summary>The table was truncated, or its columns are others than they were.</summary>
    public void OnTableChange(ulong xid) => OnChange(xid, GroupHash.None, GroupHash.None);

    /// <param name="chunk">
    /// What its watermark will carry: of this attempt only. The watermark of an earlier one may still be on its way, and stands before
    /// changes that this chunk has.
    /// </param>
    /// <param name="snapshot">What it was read with; taken later than those of the chunks before.</param>
    /// <returns>
    /// False: a transaction below <see cref="EndedBelow"/> has not ended, and may be one that was streamed before the watch began.
    /// Read the chunk again when it has.
    /// </returns>
    public bool TryExpect(Guid chunk, TransactionSnapshot snapshot)
    {
        _snapshot = snapshot;
        _changes.RemoveAll(change => snapshot.Sees(change.Xid));
        _isIncomplete = false;
        var isTaken = snapshot.XMin >= _endedBelow;
        ExpectedChunk = isTaken ? chunk : null;
        return isTaken;
    }

    /// <summary>To be called where the expected chunk's watermark stands in the stream.</summary>
    /// <param name="groups">The groups of the chunk's rows.</param>
    public ChunkVerdict Judge(ReadOnlySpan<ulong> groups)
    {
        if (ExpectedChunk is null)
            throw new InvalidOperationException("No chunk is expected.");
        ExpectedChunk = null;

        var changed = new HashSet<ulong>(_changes.Count);
        foreach (var (_, group) in _changes)
            changed.Add(group);
        if (_isIncomplete || changed.Contains(GroupHash.None))
            return ChunkVerdict.ReadAgain;

        var dropped = new bool[groups.Length];
        for (var i = 0; i < groups.Length; i++)
        {
            if (groups[i] == GroupHash.None)
                throw new ArgumentException($"Row {i} of the chunk has no key, so nobody can tell whether it was changed.", nameof(groups));
            dropped[i] = changed.Contains(groups[i]);
        }

        return new ChunkVerdict(dropped);
    }

    private void Add(ulong xid, ulong group)
    {
        if (_changes.Count >= changesMax)
            Forget();
        _changes.Add((xid, group));
    }

    // The next chunk must see the end of all that is forgotten: then nothing of it would be dropped for it anyway.
    private void Forget()
    {
        foreach (var (xid, _) in _changes)
            RequireEnded(xid + 1);
        _changes.Clear();
        _isIncomplete = true;
    }
}
