using System.Text;
using Sequin.Grains.Webhooks;

namespace Sequin.Grains.Tests.Webhooks;

public sealed class WebhookSignatureTests
{
    private const string Body = """{"test": 2432232314}""";

    [Fact]
    public void The_example_of_the_specification_is_signed_as_there() => Assert.Equal(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        WebhookSignature.Of("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, Encoding.UTF8.GetBytes(Body), [Sending.Secret]));

    [Fact]
    public void Two_secrets_make_two_signatures()
    {
        var other = SigningSecret.New();

        var both = WebhookSignature.Of("m", 1, Encoding.UTF8.GetBytes(Body), [other, Sending.Secret]);

        Assert.Equal($"{WebhookSignature.Of("m", 1, Encoding.UTF8.GetBytes(Body), [other])} "
                     + WebhookSignature.Of("m", 1, Encoding.UTF8.GetBytes(Body), [Sending.Secret]), both);
    }

    [Fact]
    public void New_secrets_are_valid_and_differ()
    {
        Assert.True(SigningSecret.IsValid(SigningSecret.New()));
        Assert.NotEqual(SigningSecret.New(), SigningSecret.New());
    }

    [Theory]
    [InlineData("")]
    [InlineData("whsec_")]
    [InlineData("whsec_!!!!")]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La")]
    [InlineData("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void A_secret_has_its_prefix_and_24_to_64_bytes(string secret) => Assert.False(SigningSecret.IsValid(secret));
}
