namespace Sequin.Grains.Consumers;

/// <summary>What became of each dead letter of a redrive or discard, in the order of the request.</summary>
/// <param name="Gone">No such consumer.</param>
/// <param name="Found">One a letter: whether it was there, and was redriven or discarded.</param>
[GenerateSerializer, Immutable, Alias("sequin.dead-letter-result")]
public sealed record DeadLetterResult([property: Id(0)] bool Gone, [property: Id(1)] bool[] Found)
{
    public static readonly DeadLetterResult OfNobody = new(true, []);
}
