namespace Sequin.Core.Windows;

/// <summary>An unfinished message, as it is shown.</summary>
/// <param name="Offset">Its place in the stream.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Delivery">How often it was delivered.</param>
/// <param name="IsNacked">Its last lease was given back, and did not expire.</param>
/// <param name="DueMs">When its lease or delay ends; of no meaning in another state.</param>
/// <param name="FirstLeasedMs">When it was first leased; null: not since the window was restored.</param>
/// <param name="LastLeasedMs">When it was last leased; null: not since the window was restored.</param>
public readonly record struct WindowMessage(
    long Offset, MessageState State, int Delivery, bool IsNacked, long DueMs, long? FirstLeasedMs, long? LastLeasedMs);

/// <summary>A group that waits for its first message.</summary>
/// <param name="HeadOffset">That message.</param>
/// <param name="HeadState">What it is doing.</param>
/// <param name="Waiting">How many wait behind it.</param>
public readonly record struct WaitingGroup(long HeadOffset, MessageState HeadState, int Waiting);
