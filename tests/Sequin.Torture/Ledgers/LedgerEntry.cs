using Sequin.Core.Changes;

namespace Sequin.Torture.Ledgers;

/// <summary>What clients saw of one offset.</summary>
public sealed class LedgerEntry(long offset, long firstSequence, byte[] data, DeliveredChange change)
{
    public long Offset { get; } = offset;

    /// <summary>Its place among all first deliveries.</summary>
    public long FirstSequence { get; } = firstSequence;

    public DeliveredChange Change { get; } = change;

    public int Deliveries { get; internal set; } = 1;

    /// <summary>An ack was sent, whatever became of it.</summary>
    internal bool IsAckSent { get; set; }

    /// <summary>An ack was sent and not answered: the message may come again, or never.</summary>
    internal bool IsAckUnknown { get; set; }

    /// <summary>When the server answered that it is finished.</summary>
    internal long? FinishedAt { get; set; }

    /// <summary>The server still owes us this message.</summary>
    internal bool IsOpen => FinishedAt is null && !IsAckUnknown;

    internal ReadOnlySpan<byte> Data => data;

    internal IEnumerable<string> Keys => Change.FormerKey is { } former ? [Change.Key, former] : [Change.Key];

    public override string ToString() =>
        $"offset {Offset} ({Change.Action} {Change.Key}, {new Lsn(Change.CommitLsn)} {Change.CommitIndex})";
}
