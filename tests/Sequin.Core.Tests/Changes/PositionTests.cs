using CsCheck;
using Sequin.Core.Changes;

namespace Sequin.Core.Tests.Changes;

public sealed class PositionTests
{
    private static readonly Gen<Position> GenPosition =
        Gen.Select(Gen.Int[1, 3], Gen.ULong[0, 3], Gen.Long[-1, 3], (epoch, lsn, ordinal) => new Position(epoch, new Lsn(lsn), ordinal));

    [Fact]
    public void The_epoch_decides_first_then_the_LSN_then_the_ordinal()
    {
        Position[] ordered =
        [
            Position.Start(1), new(1, new Lsn(1), 7), new(1, new Lsn(2), 0), new(1, new Lsn(2), 1), new(1, new Lsn(ulong.MaxValue), 0),
            Position.Start(2), new(2, Lsn.Zero, 0), new(2, new Lsn(1), 0),
        ];

        Assert.Equal(ordered, ordered.Reverse().Order());
    }

    [Fact]
    public void Nothing_of_an_epoch_is_before_its_start() =>
        GenPosition.Sample(position => Position.Start(position.SourceEpoch) <= position);

    [Fact]
    public void The_operators_agree_with_the_comparison() => Gen.Select(GenPosition, GenPosition).Sample((left, right) =>
    {
        var comparison = left.CompareTo(right);
        Assert.Equal(-Math.Sign(comparison), Math.Sign(right.CompareTo(left)));
        Assert.Equal(comparison == 0, left == right);
        Assert.Equal(comparison < 0, left < right);
        Assert.Equal(comparison > 0, left > right);
        Assert.Equal(comparison <= 0, left <= right);
        Assert.Equal(comparison >= 0, left >= right);
    });

    [Fact]
    public void A_position_reads_as_epoch_LSN_and_ordinal() =>
        Assert.Equal("2:0/16B3748:5", new Position(2, new Lsn(0x16B3748), 5).ToString());
}
