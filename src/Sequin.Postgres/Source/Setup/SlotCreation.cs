using Sequin.Core.Changes;

namespace Sequin.Postgres.Source.Setup;

/// <param name="Status">What came of it.</param>
/// <param name="ConsistentPoint">Changes that commit after this LSN will be sent; zero unless created.</param>
public sealed record SlotCreation(SlotCreationStatus Status, Lsn ConsistentPoint);

public enum SlotCreationStatus
{
    Created,
    NameTaken,

    /// <summary><c>max_replication_slots</c> is used up.</summary>
    NoFreeSlot,

    /// <summary>A transaction that was open all the time held it up.</summary>
    WaitedTooLong,
}

public enum SlotDrop
{
    Dropped,
    Missing,

    /// <summary>Somebody else reads from it.</summary>
    InUse,
}
