namespace Sequin.Testing.Histories;

/// <summary>One call of one receiver, as the receiver knows it. Times are counted from the beginning of the history.</summary>
public sealed record RecordedCall
{
    public required CallKind Kind { get; init; }

    public required TimeSpan Start { get; init; }

    /// <summary>When the answer was there. Null: none came, and nobody knows whether, or when, the call took effect.</summary>
    public required TimeSpan? End { get; init; }

    /// <summary>Of a receive or extend: how long its leases last.</summary>
    public TimeSpan VisibilityTimeout { get; init; }

    /// <summary>Of a nack.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Of a receive. Nobody uses another's.</summary>
    public string? RequestId { get; init; }

    /// <summary>What was received, in the answer's order.</summary>
    public IReadOnlyList<RecordedDelivery> Deliveries { get; init; } = [];

    /// <summary>Of every other call: what it was about.</summary>
    public IReadOnlyList<string> Receipts { get; init; } = [];

    /// <summary>What became of each receipt, in their order; empty when no answer came.</summary>
    public IReadOnlyList<string> Statuses { get; init; } = [];

    /// <summary>Why it was refused; null: it was not.</summary>
    public string? Refusal { get; init; }
}

/// <summary>One message of a receive.</summary>
/// <param name="Receipt">Its receipt.</param>
/// <param name="Offset">Its place in the stream.</param>
/// <param name="DeliveryCount">As the server counts.</param>
/// <param name="Identity">Of the change, from the message's content.</param>
/// <param name="Group">Whose order it must keep.</param>
public sealed record RecordedDelivery(string Receipt, long Offset, int DeliveryCount, string Identity, string Group);
