namespace Sequin.Core.Windows;

/// <summary>An unfinished message in the arena. Mutable struct, touched by reference only.</summary>
internal struct MessageSlot
{
    public long Offset;
    public ulong Group;
    public ulong FormerGroup;

    /// <summary>End of the lease or of the delay.</summary>
    public long DueMs;

    /// <summary>When it was leased for the first and for the last time; 0: not since the restart.</summary>
    public long FirstLeasedMs;
    public long LastLeasedMs;

    /// <summary>Neighbours by offset, of those that are not late.</summary>
    public int Previous;
    public int Next;
    public int Receipt;
    public int Delivery;

    /// <summary>The receive that leased it.</summary>
    public int Batch;

    /// <summary>Rises with every change of state: older entries of queues and timers are void.</summary>
    public int Version;
    public MessageState State;

    /// <summary>The first snapshot that names it, after it was parked; 0: it was not.</summary>
    public int UnparkedIn;

    /// <summary>It is finishing as a dead letter.</summary>
    public bool IsBuried;

    /// <summary>It came into the arena later than its place.</summary>
    public bool IsLate;

    /// <summary>The last receipt was taken back: a late ack with it is stale.</summary>
    public bool ReceiptVoid;
}
