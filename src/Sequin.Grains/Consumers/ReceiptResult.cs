using Sequin.Core.Windows;

namespace Sequin.Grains.Consumers;

/// <summary>What became of each receipt of an ack or nack, in the order of the request.</summary>
/// <param name="Gone">No such consumer.</param>
/// <param name="Statuses">One a receipt.</param>
[GenerateSerializer, Immutable, Alias("sequin.receipt-result")]
public sealed record ReceiptResult([property: Id(0)] bool Gone, [property: Id(1)] ReceiptStatus[] Statuses)
{
    public static readonly ReceiptResult OfNobody = new(true, []);
}
