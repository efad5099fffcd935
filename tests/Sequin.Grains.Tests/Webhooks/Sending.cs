using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Sequin.Core.Identity;
using Sequin.Grains.Webhooks;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Tests.Webhooks;

/// <summary>A sender and what to send by it.</summary>
internal static class Sending
{
    public const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    public static readonly TimeSpan Enough = TimeSpan.FromSeconds(20);
    private static readonly IMeterFactory Meters =
        new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    public static WebhookSender Sender(WebhookOptions? options = null, TimeProvider? time = null) =>
        new(options ?? new WebhookOptions { AllowPrivateAddresses = true }, new WebhookInstruments(Meters), time ?? TimeProvider.System);

    public static HttpEndpointRecord Endpoint(Uri url, params EndpointHeader[] headers) => new()
    {
        Id = HttpEndpointId.New(),
        Name = "hook",
        Url = url,
        Headers = headers,
        Secrets = new EndpointSecrets { Signing = Secret },
    };

    public static async Task<DeliveryReport> SendAsync(
        this WebhookSender sender, HttpEndpointRecord endpoint, string body = """{"n":1}""", TimeSpan? timeout = null)
    {
        var delivery = new Delivery
        {
            Id = "msg_1",
            Attempt = 1,
            Body = Encoding.UTF8.GetBytes(body),
            Timeout = timeout ?? Enough,
        };
        using var request = SignedRequest.Create(endpoint, delivery, TimeProvider.System.GetUtcNow());
        return await sender.SendAsync(endpoint, request, TestContext.Current.CancellationToken);
    }

    public static DeliveryOutcome.Failed IsFailed(this DeliveryReport report, DeliveryFailure kind, bool isUnknown)
    {
        var failed = Assert.IsType<DeliveryOutcome.Failed>(report.Outcome);
        Assert.Equal((kind, isUnknown), (failed.Kind, failed.IsUnknown));
        return failed;
    }
}
