using Sequin.Server.Requests;

namespace Sequin.Server.Tests.Requests;

public sealed class ResourceNameTests
{
    [Theory]
    [InlineData("orders")]
    [InlineData("Orders_2.eu-west")]
    [InlineData("0")]
    public void A_plain_name_is_taken(string name) => Assert.Null(ResourceName.Refusal(name));

    [Theory]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a%62")]
    [InlineData("a\0b")]
    [InlineData("ä")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("0198c6a2-7d1e-7000-8000-000000000000")]
    [InlineData("0198c6a27d1e70008000000000000000")]
    public void A_name_that_needs_quoting_or_looks_like_an_id_is_refused(string name) => Assert.NotNull(ResourceName.Refusal(name));

    [Fact]
    public void A_long_name_is_refused()
    {
        Assert.Null(ResourceName.Refusal(new string('a', ResourceName.CharactersMax)));
        Assert.NotNull(ResourceName.Refusal(new string('a', ResourceName.CharactersMax + 1)));
    }
}
