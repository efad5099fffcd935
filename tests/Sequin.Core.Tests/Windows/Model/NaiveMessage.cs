namespace Sequin.Core.Tests.Windows.Model;

internal enum NaiveState
{
    Waiting,
    Leased,
    Delayed,
    Finishing,
    Dying,
    Halted,
}

/// <summary>An unfinished message of the model.</summary>
internal sealed record NaiveMessage
{
    public required long Offset { get; init; }
    public required ulong Group { get; init; }
    public required ulong Former { get; init; }
    public NaiveState State { get; set; }
    public int Receipt { get; set; }
    public int Delivery { get; set; }
    public int Batch { get; set; }
    public long DueMs { get; set; }
    public bool ReceiptVoid { get; set; }

    /// <summary>The turn in which it became ready; 0: it is not.</summary>
    public int ReadySince { get; set; }

    public bool IsIn(ulong group) => group != 0 && (Group == group || Former == group);

    public bool SharesGroupWith(NaiveMessage other) => other.IsIn(Group) || other.IsIn(Former);
}
