using CsCheck;
using Sequin.Core.Backfills;

namespace Sequin.Core.Tests.Backfills;

public sealed class TransactionIdTests
{
    [Theory]
    [InlineData(726, 700, 700)]
    [InlineData(726, 800, 800)]
    [InlineData(0x1_0000_0005, 0xFFFF_FFF0, 0xFFFF_FFF0)]
    [InlineData(0xFFFF_FFF0, 5, 0x1_0000_0005)]
    [InlineData(0x7_0000_0000, 0, 0x7_0000_0000)]
    [InlineData(0x7_FFFF_FFFF, 0, 0x8_0000_0000)]
    public void The_upper_half_is_that_of_the_nearest_id(ulong reference, uint xid, ulong full) =>
        Assert.Equal(full, FullTransactionId.Near(reference, xid));

    [Fact]
    public void Every_id_within_two_thousand_million_of_the_reference_is_found() =>
        Gen.Select(Gen.ULong[1UL << 32, 1UL << 60], Gen.Long[int.MinValue + 1L, int.MaxValue]).Sample((reference, distance) =>
        {
            var full = reference + (ulong)distance;
            return FullTransactionId.Near(reference, (uint)full) == full;
        });

    [Fact]
    public void A_snapshot_sees_what_has_ended_and_nothing_from_its_end_on()
    {
        var snapshot = TransactionSnapshot.Parse("726:731:726,729");

        Assert.Equal((726UL, 731UL), (snapshot.XMin, snapshot.XMax));
        Assert.Equal([725UL, 727, 728, 730], Enumerable.Range(725, 20).Select(xid => (ulong)xid).Where(snapshot.Sees));
        Assert.Equal("726:731:726,729", snapshot.ToString());
    }

    [Fact]
    public void A_snapshot_without_a_list_does_not_see_the_transaction_at_its_end()
    {
        var snapshot = TransactionSnapshot.Parse("726:726:");

        Assert.False(snapshot.Sees(726));
        Assert.True(snapshot.Sees(725));
    }

    [Theory]
    [InlineData("")]
    [InlineData("726:730")]
    [InlineData("730:726:")]
    [InlineData("726:730:731")]
    [InlineData("726:730:x")]
    [InlineData("-1:730:")]
    public void What_is_no_snapshot_is_refused_with_its_text(string text) =>
        Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => TransactionSnapshot.Parse(text)).Message);
}
