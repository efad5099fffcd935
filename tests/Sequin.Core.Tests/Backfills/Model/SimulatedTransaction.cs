namespace Sequin.Core.Tests.Backfills.Model;

/// <summary>One that has begun and that others do not see yet.</summary>
internal sealed class SimulatedTransaction(ulong xid)
{
    private readonly List<SimulatedChange> _changes = [];

    public ulong Xid { get; } = xid;
    public bool IsCommitted { get; set; }

    /// <summary>Rows it holds against other writers until it is seen.</summary>
    public HashSet<int> Keys { get; } = [];

    /// <summary>It holds the table against everybody until it is seen.</summary>
    public bool HasTable { get; set; }
    public IReadOnlyList<SimulatedChange> Changes => _changes;

    public void Write(SimulatedChange change) => _changes.Add(change);

    public void Truncate(int version) => _changes.Add(new SimulatedChange(0, version, IsDelete: false, FormerKey: null, IsTruncate: true));

    public void Alter(int shape) => _changes.Add(new SimulatedChange(0, 0, IsDelete: false, FormerKey: null, Shape: shape));

    /// <summary>What it has made of a row; null: nothing.</summary>
    public bool? Has(int key)
    {
        bool? has = null;
        foreach (var change in _changes)
        {
            if (change.IsTruncate || change.FormerKey == key)
                has = false;
            else if (change.Shape is null && change.Key == key)
                has = !change.IsDelete;
        }

        return has;
    }
}
