namespace Sequin.Core.Tests.Windows.Model;

internal enum StepKind
{
    Commit,
    Lease,
    GoAway,
    Ack,
    Nack,
    Extend,
    Pass,
    Die,
    Bury,
    Redrive,
    Discard,
    Save,
    Written,
    Mark,
    SaveAll,
    Crash,
    Stop,
    Rewind,
}

/// <summary>One thing that happens; the numbers choose among what is there when it happens.</summary>
internal readonly record struct Step(StepKind Kind, int A, int B)
{
    public override string ToString() => $"{Kind}({A},{B})";
}

/// <summary>The settings of a history.</summary>
internal sealed record HistoryOptions(int MaxAckPending, int Capacity, int? MaxDeliveries, int ReserveAhead);
