namespace Sequin.Core.Windows;

/// <summary>An unfinished message in the arena. Mutable struct, touched by reference only.</summary>
internal struct MessageSlot
{
    public long Offset;
    public ulong Group;
    public ulong FormerGroup;

    /// <summary>End of the lease or of the delay.</summary>
    public long DueMs;

    /// <summary>Neighbours among all unfinished, by offset.</summary>
    public int Previous;
    public int Next;
    public int Receipt;
    public int Delivery;

    /// <summary>The receive that leased it.</summary>
    public int Batch;

    /// <summary>Rises with every change of state: older entries of queues and timers are void.</summary>
    public int Version;
    public MessageState State;

    /// <summary>The last receipt was taken back: a late ack with it is stale.</summary>
    public bool ReceiptVoid;
}
