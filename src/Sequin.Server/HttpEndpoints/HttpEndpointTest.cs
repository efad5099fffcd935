using System.Text;
using Sequin.Grains.Webhooks;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Server.HttpEndpoints;

/// <summary>Sends one message to an endpoint, as a consumer would, and shows all of it but the secrets.</summary>
internal sealed class HttpEndpointTest(WebhookSender sender, TimeProvider time)
{
    private const string Hidden = "(hidden)";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    public async Task<TestHttpEndpointResponse> RunAsync(
        HttpEndpointRecord endpoint, TestMessage message, CancellationToken cancellationToken)
    {
        using var body = new PooledBuffer();
        if (message.Batch)
            WebhookBody.WriteBatch(body, [message.Stored], message.Suffix);
        else
            WebhookBody.WriteMessage(body, message.Stored, message.Suffix);

        var delivery = new Delivery
        {
            Id = $"msg_test_{Guid.CreateVersion7(time.GetUtcNow()):N}",
            Attempt = 1,
            Body = body.Written,
            Path = message.Path,
            Timeout = Timeout,
        };
        using var signed = SignedRequest.Create(endpoint, delivery, time.GetUtcNow());
        var report = await sender.SendAsync(endpoint, signed, cancellationToken);
        return new TestHttpEndpointResponse(
            report.Outcome is DeliveryOutcome.Delivered, OutcomeText.ErrorOf(report.Outcome), report.Elapsed.TotalMilliseconds,
            new SentRequestResponse("POST", signed.Url.AbsoluteUri, Shown(signed, report), Encoding.UTF8.GetString(body.Written.Span)),
            report.Status is not { } status ? null : new ReceivedAnswerResponse(
                status, report.Headers.GroupBy(header => header.Name).ToDictionary(
                    same => same.Key, same => string.Join(", ", same.Select(header => header.Value))), report.AnswerHead));
    }

    private static Dictionary<string, string> Shown(SignedRequest signed, DeliveryReport report)
    {
        var headers = signed.Headers.ToDictionary(header => header.Name, header => header.IsSecret ? Hidden : header.Value);
        headers["traceparent"] = report.TraceParent;
        return headers;
    }
}
