namespace Sequin.Grains.Consumers;

/// <summary>What came of a rewind.</summary>
/// <param name="Gone">No such consumer.</param>
/// <param name="OldestOffset">Not null: what was asked for is no longer kept, and this is the oldest message; nothing was done.</param>
/// <param name="Generation">The new one: receipts of every earlier one are stale.</param>
/// <param name="NextOffset">Where the consumer is now.</param>
/// <param name="SeenOffset">It had looked at messages up to here.</param>
[GenerateSerializer, Immutable, Alias("sequin.rewind-result")]
public sealed record RewindResult(
    [property: Id(0)] bool Gone, [property: Id(1)] long? OldestOffset, [property: Id(2)] int Generation,
    [property: Id(3)] long NextOffset, [property: Id(4)] long SeenOffset)
{
    public static readonly RewindResult OfNobody = new(true, null, 0, 0, 0);

    public static RewindResult NotKept(long oldestOffset) => new(false, oldestOffset, 0, 0, 0);
}
