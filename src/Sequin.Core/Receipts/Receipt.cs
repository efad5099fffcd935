namespace Sequin.Core.Receipts;

/// <summary>What a receipt says.</summary>
/// <param name="Generation">Of the consumer when the message was leased; below 2^24.</param>
/// <param name="Offset">The message; below 2^48.</param>
/// <param name="Number">Which lease of the message; below 2^24.</param>
public readonly record struct Receipt(int Generation, long Offset, int Number)
{
    public const long OffsetMax = (1L << 48) - 1;
    public const int NumberMax = (1 << 24) - 1;
    public const int GenerationMax = (1 << 24) - 1;
}
