using System.Globalization;
using Sequin.Core.Backfills;

namespace Sequin.Core.Tests.Backfills.Model;

/// <summary>
/// A PostgreSQL of one table: transactions that lock rows until others see them end, a WAL in the order of commits, snapshots. A
/// commit goes into the WAL first and is seen later. Values are numbers that rise with every write, so an older row is a smaller one.
/// </summary>
internal sealed class SimulatedDatabase(ulong firstXid, int keys)
{
    private readonly List<SimulatedTransaction> _unended = [];
    private ulong _nextXid = firstXid;
    private ulong _lastEnded = firstXid - 1;
    private int _lastVersion;
    private int _shape = 1;

    public int Keys => keys;

    /// <summary>What a reader sees: key → version.</summary>
    public SortedDictionary<int, int> Seen { get; } = [];

    /// <summary>Of the table's columns, as a reader sees it.</summary>
    public int SeenShape { get; private set; } = 1;

    public List<WalEntry> Wal { get; } = [];
    public IReadOnlyList<SimulatedTransaction> Open => [.. _unended.Where(transaction => !transaction.IsCommitted)];
    public IReadOnlyList<SimulatedTransaction> CommittedUnseen => [.. _unended.Where(transaction => transaction.IsCommitted)];

    /// <summary>Truncate and ALTER TABLE keep readers out until they have ended.</summary>
    public bool IsLocked => _unended.Any(transaction => transaction.HasTable);

    public void Begin() => _unended.Add(new SimulatedTransaction(_nextXid++));

    /// <summary>A transaction of nothing: its id is above all that were ever given.</summary>
    public ulong Fence()
    {
        var xid = _nextXid++;
        _lastEnded = xid;
        return xid;
    }

    public void Put(SimulatedTransaction transaction, int key)
    {
        if (TryLock(transaction, key))
            transaction.Write(new SimulatedChange(key, ++_lastVersion, IsDelete: false, FormerKey: null));
    }

    public void Delete(SimulatedTransaction transaction, int key)
    {
        if (IsThere(transaction, key) && TryLock(transaction, key))
            transaction.Write(new SimulatedChange(key, ++_lastVersion, IsDelete: true, FormerKey: null));
    }

    public void Move(SimulatedTransaction transaction, int key, int to)
    {
        if (key != to && IsThere(transaction, key) && !IsThere(transaction, to) && TryLock(transaction, key) && TryLock(transaction, to))
            transaction.Write(new SimulatedChange(to, ++_lastVersion, IsDelete: false, FormerKey: key));
    }

    public void Truncate(SimulatedTransaction transaction)
    {
        if (TryLockTable(transaction))
            transaction.Truncate(++_lastVersion);
    }

    public void Alter(SimulatedTransaction transaction)
    {
        if (TryLockTable(transaction))
            transaction.Alter(++_shape);
    }

    public void Commit(SimulatedTransaction transaction)
    {
        transaction.IsCommitted = true;
        Wal.Add(new WalEntry((uint)transaction.Xid, transaction.Changes, Watermark: null));
    }

    public void BecomeSeen(SimulatedTransaction transaction)
    {
        End(transaction);
        foreach (var change in transaction.Changes)
            Apply(change);
    }

    public void RollBack(SimulatedTransaction transaction) => End(transaction);

    public void WriteWatermark(Guid chunk)
    {
        Wal.Add(new WalEntry((uint)_nextXid, [], chunk));
        Fence();
    }

    /// <summary>As GetSnapshotData does it: what has not ended and is above the last that has is in no list.</summary>
    public TransactionSnapshot Snapshot()
    {
        var xmax = _lastEnded + 1;
        ulong[] inProgress = [.. _unended.Select(transaction => transaction.Xid).Where(xid => xid < xmax)];
        var xmin = inProgress.Length == 0 ? xmax : inProgress.Min();
        return TransactionSnapshot.Parse(string.Create(CultureInfo.InvariantCulture, $"{xmin}:{xmax}:{string.Join(',', inProgress)}"));
    }

    private void End(SimulatedTransaction transaction)
    {
        _unended.Remove(transaction);
        _lastEnded = Math.Max(_lastEnded, transaction.Xid);
    }

    private void Apply(SimulatedChange change)
    {
        if (change.IsTruncate)
            Seen.Clear();
        else if (change.Shape is { } shape)
            SeenShape = shape;
        else if (change.IsDelete)
            Seen.Remove(change.Key);
        else
            Seen[change.Key] = change.Version;
        if (change.FormerKey is { } former)
            Seen.Remove(former);
    }

    private bool IsThere(SimulatedTransaction transaction, int key) => transaction.Has(key) ?? Seen.ContainsKey(key);

    private bool TryLock(SimulatedTransaction transaction, int key)
    {
        if (_unended.Any(other => other != transaction && (other.HasTable || other.Keys.Contains(key))))
            return false;
        transaction.Keys.Add(key);
        return true;
    }

    private bool TryLockTable(SimulatedTransaction transaction)
    {
        if (_unended.Any(other => other != transaction && (other.HasTable || other.Keys.Count > 0)))
            return false;
        return transaction.HasTable = true;
    }
}

/// <param name="Xid">The lower half, as the stream has it.</param>
/// <param name="Changes">Of the transaction.</param>
/// <param name="Watermark">The chunk whose watermark this is.</param>
internal sealed record WalEntry(uint Xid, IReadOnlyList<SimulatedChange> Changes, Guid? Watermark);

internal readonly record struct SimulatedChange(
    int Key, int Version, bool IsDelete, int? FormerKey, bool IsTruncate = false, int? Shape = null);
