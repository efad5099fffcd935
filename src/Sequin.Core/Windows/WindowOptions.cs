namespace Sequin.Core.Windows;

/// <summary>The limits of a consumer's window.</summary>
public sealed record WindowOptions
{
    /// <summary>Messages leased and not finished, at most. Default 10,000.</summary>
    public int MaxAckPending { get; init; } = 10_000;

    /// <summary>Messages seen and not finished, without the parked ones, at most. Default 40,000, four times <see cref="MaxAckPending"/>.</summary>
    public int Capacity { get; init; } = 40_000;

    /// <summary>
    /// Memory for messages that wait outside the window because their group has too many in it, in bytes. Default 8 MiB: one or two
    /// bytes a message.
    /// </summary>
    public long ParkedBytesMax { get; init; } = 8 * 1024 * 1024;

    /// <summary>The lease time receivers get when they ask for none, in milliseconds. Default 30,000.</summary>
    public long VisibilityTimeoutMs { get; init; } = 30_000;

    /// <summary>
    /// After this many deliveries a message that comes back is dead, unless it is only taken back with one before it. Null, the
    /// default: never.
    /// </summary>
    public int? MaxDeliveries { get; init; }
}
