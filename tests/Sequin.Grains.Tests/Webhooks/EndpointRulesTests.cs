using Sequin.Grains.Webhooks;

namespace Sequin.Grains.Tests.Webhooks;

public sealed class EndpointRulesTests
{
    [Theory]
    [InlineData("https://example.com")]
    [InlineData("http://example.com:8080/a/b?c=d&e=%20")]
    [InlineData("https://[2606:4700::1]/")]
    [InlineData("https://münchen.example/")]
    public void A_URL_can_be(string url) => Assert.Null(EndpointUrl.Refusal(url));

    [Theory]
    [InlineData("", "whole URL")]
    [InlineData("/hook", "whole URL")]
    [InlineData("example.com/hook", "whole URL")]
    [InlineData("ftp://example.com/", "scheme")]
    [InlineData("file:///etc/passwd", "whole URL")]
    [InlineData("javascript:alert(1)", "whole URL")]
    [InlineData("gopher://example.com/", "scheme")]
    [InlineData("https://user:pw@example.com/", "user or a password")]
    [InlineData("https://user@example.com/", "user or a password")]
    [InlineData("https://example.com/#top", "fragment")]
    [InlineData("https://example.com/#", "fragment")]
    [InlineData("https://example.com/a b", "spaces")]
    [InlineData("https://example.com\\@evil/", "backslashes")]
    [InlineData("https://example.com:0/", "port")]
    [InlineData("https://exa$mple/", "whole URL")]
    [InlineData("https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example/", "neither a name")]
    [InlineData("https://example.com:99999/", "whole URL")]
    public void A_URL_cannot_be(string url, string why) => Assert.Contains(why, EndpointUrl.Refusal(url));

    [Theory]
    [InlineData("https://example.com", "/a", "https://example.com/a")]
    [InlineData("https://example.com/x", "a/b", "https://example.com/x/a/b")]
    [InlineData("https://example.com/x/?k=v", "/a", "https://example.com/x/a?k=v")]
    [InlineData("https://example.com:8443/x", "//evil.example/", "https://example.com:8443/x/evil.example/")]
    [InlineData("https://example.com/x", null, "https://example.com/x")]
    public void A_path_goes_behind_the_URL_and_never_changes_the_host(string url, string? path, string whole) =>
        Assert.Equal(whole, EndpointUrl.With(new Uri(url), path).AbsoluteUri);

    [Theory]
    [InlineData("Host")]
    [InlineData("content-length")]
    [InlineData("Transfer-Encoding")]
    [InlineData("connection")]
    [InlineData("Keep-Alive")]
    [InlineData("te")]
    [InlineData("upgrade")]
    [InlineData("Webhook-Id")]
    [InlineData("webhook-anything")]
    [InlineData("sequin-delivery-attempt")]
    [InlineData("traceparent")]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a:b")]
    [InlineData("a\r\nb")]
    [InlineData("ä")]
    public void A_header_cannot_be_called_so(string name) => Assert.NotNull(HeaderRules.RefusalOfName(name));

    [Theory]
    [InlineData("x", "a\r\nb: c")]
    [InlineData("x", "a\nb")]
    [InlineData("x", "a\0b")]
    [InlineData("x", "ä")]
    [InlineData("x", " a")]
    [InlineData("x", "a ")]
    [InlineData("content-encoding", "br")]
    public void A_header_cannot_have_this_value(string name, string value) => Assert.NotNull(HeaderRules.RefusalOfValue(name, value));

    [Theory]
    [InlineData("authorization", "Bearer a.b-c_d")]
    [InlineData("X-Empty", "")]
    [InlineData("Content-Encoding", "GZIP")]
    public void Other_headers_can_be(string name, string value)
    {
        Assert.Null(HeaderRules.RefusalOfName(name));
        Assert.Null(HeaderRules.RefusalOfValue(name, value));
    }
}
