using Sequin.Server.Requests;

namespace Sequin.Server.Tests.Requests;

public sealed class DurationTextTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1500", 1500)]
    [InlineData("007", 7)]
    [InlineData("1500ms", 1500)]
    [InlineData("60s", 60_000)]
    [InlineData("5m", 300_000)]
    [InlineData("12h", 43_200_000)]
    [InlineData("0s", 0)]
    public void A_duration_is_read(string text, long ms) => Assert.Equal(ms, DurationText.ParseMs(text));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1.5s")]
    [InlineData("1 s")]
    [InlineData(" 1s")]
    [InlineData("1s ")]
    [InlineData("s")]
    [InlineData("ms")]
    [InlineData("1S")]
    [InlineData("1d")]
    [InlineData("1sec")]
    [InlineData("1m30s")]
    [InlineData("1e3")]
    [InlineData("0x10")]
    [InlineData("٣")]
    [InlineData("99999999999999999999")]
    [InlineData("9223372036854775807h")]
    public void What_is_no_duration_is_refused(string text) => Assert.Null(DurationText.ParseMs(text));
}
