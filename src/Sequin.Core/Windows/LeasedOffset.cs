namespace Sequin.Core.Windows;

/// <summary>One message leased to a receiver.</summary>
/// <param name="Offset">Its place in the stream.</param>
/// <param name="Receipt">Number of this lease: it rises with every lease of the message, so that older receipts are recognized.</param>
/// <param name="Delivery">How often the message was delivered, this time included: what users see.</param>
public readonly record struct LeasedOffset(long Offset, int Receipt, int Delivery);
