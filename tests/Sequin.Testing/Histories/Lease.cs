namespace Sequin.Testing.Histories;

/// <summary>
/// A lease, as far as calls show it. It was granted at a time nobody knows between <see cref="Start"/> and <see cref="Arrival"/>, and
/// it certainly lives from <see cref="Arrival"/> until <see cref="CertainEnd"/>: nothing that happened can have ended it before.
/// </summary>
internal sealed class Lease(RecordedDelivery delivery, RecordedCall call, int place)
{
    public RecordedDelivery Delivery { get; } = delivery;

    public long Offset => Delivery.Offset;

    /// <summary>The answer that brought it first; a repeated request brings it again.</summary>
    public RecordedCall Call { get; } = call;

    /// <summary>In the answer.</summary>
    public int Place { get; } = place;

    /// <summary>Of the first request that may have granted it.</summary>
    public TimeSpan Start { get; set; } = call.Start;

    public TimeSpan Arrival { get; } = call.End!.Value;

    /// <summary>Before, it cannot have come back: by its end, a nack, or with an earlier one of its group.</summary>
    public TimeSpan MayReturnFrom { get; set; }

    /// <summary>Before, it can neither have come back nor been finished.</summary>
    public TimeSpan CertainEnd { get; set; }

    /// <summary>What its receipt was used for, in the order of the calls' starts.</summary>
    public List<ReceiptUse> Uses { get; } = [];

    public override string ToString() => $"offset {Offset} ({Delivery.Identity}), delivery {Delivery.DeliveryCount} of "
        + $"{Start.TotalSeconds:F3}–{Arrival.TotalSeconds:F3} s, certain until {CertainEnd.TotalSeconds:F3} s";
}

/// <summary>A receipt in a call.</summary>
/// <param name="Call">An ack, nack or extend.</param>
/// <param name="Status">Null: no answer came.</param>
internal sealed record ReceiptUse(RecordedCall Call, string? Status)
{
    public override string ToString() =>
        $"{Call.Kind} of {Call.Start.TotalSeconds:F3}–{Call.End?.TotalSeconds:F3} s, answered {Status ?? "by nothing"}";
}
