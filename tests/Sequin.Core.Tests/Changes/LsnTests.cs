using CsCheck;
using Sequin.Core.Changes;

namespace Sequin.Core.Tests.Changes;

public sealed class LsnTests
{
    [Theory]
    [InlineData("0/0", 0UL)]
    [InlineData("0/16B3748", 0x16B3748UL)]
    [InlineData("1/0", 0x1_0000_0000UL)]
    [InlineData("16/B374D848", 0x16_B374_D848UL)]
    [InlineData("FFFFFFFF/FFFFFFFF", ulong.MaxValue)]
    public void An_LSN_is_written_as_PostgreSQL_writes_it(string text, ulong value)
    {
        Assert.Equal(text, new Lsn(value).ToString());
        Assert.Equal(new Lsn(value), Lsn.Parse(text));
    }

    [Fact]
    public void Lower_case_is_read_too() => Assert.Equal(new Lsn(0xAB_0000_00CDUL), Lsn.Parse("ab/cd"));

    [Fact]
    public void Every_LSN_comes_back() => Gen.ULong.Sample(value => Lsn.Parse(new Lsn(value).ToString()).Value == value);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("0")]
    [InlineData("0/")]
    [InlineData("/0")]
    [InlineData("0/0/0")]
    [InlineData("0/G")]
    [InlineData(" 0/0")]
    [InlineData("0/0 ")]
    [InlineData("-1/0")]
    [InlineData("0/+1")]
    [InlineData("0x0/0")]
    [InlineData("100000000/0")]
    [InlineData("0/100000000")]
    public void Other_text_is_no_LSN(string? text)
    {
        Assert.False(Lsn.TryParse(text, null, out var lsn));
        Assert.Equal(Lsn.Zero, lsn);
    }

    [Fact]
    public void What_cannot_be_parsed_is_named_with_an_example()
    {
        var exception = Assert.Throws<FormatException>(() => Lsn.Parse("here"));

        Assert.Contains("'here'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("0/16B3748", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LSNs_are_ordered_as_unsigned_numbers() => Gen.Select(Gen.ULong, Gen.ULong).Sample((one, other) =>
    {
        var (left, right) = (new Lsn(one), new Lsn(other));
        Assert.Equal(Math.Sign(one.CompareTo(other)), Math.Sign(left.CompareTo(right)));
        Assert.Equal(one < other, left < right);
        Assert.Equal(one > other, left > right);
        Assert.Equal(one <= other, left <= right);
        Assert.Equal(one >= other, left >= right);
        Assert.Equal(Math.Max(one, other), Lsn.Max(left, right).Value);
    });
}
