namespace Sequin.Core.Windows;

/// <summary>What a snapshot says of one unfinished message.</summary>
/// <param name="Receipt">Number of its last lease.</param>
/// <param name="Delivery">Its deliveries.</param>
/// <param name="Hold">What a clean stop adds; 0 in every other snapshot.</param>
internal readonly record struct SnapshotDetail(int Receipt, int Delivery, long Hold)
{
    private const long VoidBit = 1;
    private const long DelayedBit = 2;
    private const long DyingBit = 4;
    private const int LeftShift = 3;

    /// <summary>The last receipt was taken back.</summary>
    public bool ReceiptVoid => (Hold & VoidBit) != 0;

    /// <summary>It is delayed; else, with <see cref="LeftMs"/>, leased.</summary>
    public bool Delayed => (Hold & DelayedBit) != 0;

    /// <summary>It is out of deliveries.</summary>
    public bool Dying => (Hold & DyingBit) != 0;

    /// <summary>What is left of the lease or delay; null: there is none.</summary>
    public long? LeftMs => Hold >> LeftShift is > 0 and var left ? left - 1 : null;

    public static SnapshotDetail Of(in MessageSlot message) => new(message.Receipt, message.Delivery, Hold: 0);

    public static SnapshotDetail ExactOf(in MessageSlot message, long nowMs)
    {
        var isHeld = message.State is MessageState.Leased or MessageState.Delayed;
        var hold = (message.ReceiptVoid ? VoidBit : 0)
            | (message.State == MessageState.Delayed ? DelayedBit : 0)
            | (message.State == MessageState.Dying ? DyingBit : 0)
            | ((isHeld ? Math.Max(0, message.DueMs - nowMs) + 1 : 0) << LeftShift);
        return Of(message) with { Hold = hold };
    }
}
