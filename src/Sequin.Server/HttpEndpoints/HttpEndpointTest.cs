using System.Diagnostics;
using System.Text;
using Sequin.Core.Segments;
using Sequin.Grains.Webhooks;
using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.HttpEndpoints;

/// <summary>Sends a sample message to an endpoint, as a consumer would, and shows all of it but the secrets.</summary>
internal sealed class HttpEndpointTest(WebhookSender sender, TimeProvider time)
{
    private const string Hidden = "(hidden)";
    private const int PathCharactersMax = 1000;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private static readonly byte[] Suffix = MessageEnvelope.Suffix(
        """{"id":"00000000-0000-0000-0000-000000000000","name":"test","annotations":{}}"""u8,
        """{"id":"00000000-0000-0000-0000-000000000000","name":"test","annotations":{},"database":"test","hostname":"test"}"""u8);

    public async Task<TestHttpEndpointResponse> RunAsync(
        HttpEndpointRecord endpoint, TestHttpEndpointRequest request, CancellationToken cancellationToken)
    {
        Check(request);
        using var body = new PooledBuffer();
        ReadOnlyMemory<byte> sample = Encoding.UTF8.GetBytes(Sample(time.GetUtcNow()));
        if (request.Batch ?? true)
            WebhookBody.WriteBatch(body, [sample], Suffix);
        else
            WebhookBody.WriteMessage(body, sample, Suffix);

        var delivery = new Delivery
        {
            Id = $"msg_test_{Guid.CreateVersion7(time.GetUtcNow()):N}",
            Attempt = 1,
            Body = body.Written,
            Path = request.Path,
            Timeout = Timeout,
        };
        using var signed = SignedRequest.Create(endpoint, delivery, time.GetUtcNow());
        var report = await sender.SendAsync(endpoint, signed, cancellationToken);
        return new TestHttpEndpointResponse(
            report.Outcome is DeliveryOutcome.Delivered, ErrorOf(report.Outcome), report.Elapsed.TotalMilliseconds,
            new SentRequestResponse("POST", signed.Url.AbsoluteUri, Shown(signed, report), Encoding.UTF8.GetString(body.Written.Span)),
            report.Status is not { } status ? null : new ReceivedAnswerResponse(
                status, report.Headers.GroupBy(header => header.Name).ToDictionary(
                    same => same.Key, same => string.Join(", ", same.Select(header => header.Value))), report.AnswerHead));
    }

    private static void Check(TestHttpEndpointRequest request)
    {
        var errors = new FieldErrors();
        if (request.Path is { Length: > PathCharactersMax })
            errors.Add("path", $"has more than {PathCharactersMax} characters");
        else if (request.Path?.Any(c => c is <= ' ' or '#' or '?' or '\\' or > '~') == true)
            errors.Add("path", "can have a path only: printable ASCII without spaces, '?', '#' and backslashes");
        errors.ThrowIfAny();
    }

    private static Dictionary<string, string> Shown(SignedRequest signed, DeliveryReport report)
    {
        var headers = signed.Headers.ToDictionary(header => header.Name, header => header.IsSecret ? Hidden : header.Value);
        headers["traceparent"] = report.TraceParent;
        return headers;
    }

    private static string? ErrorOf(DeliveryOutcome outcome) => outcome switch
    {
        DeliveryOutcome.Delivered => null,
        DeliveryOutcome.Gone => "The receiver answered 410: it wants no more. A consumer would be paused.",
        DeliveryOutcome.Refused { Status: >= 300 and < 400 and var status } =>
            $"The receiver answered {status}: redirects are not followed. Give the address that it points to.",
        DeliveryOutcome.Refused { Status: var status } => $"The receiver answered {status}; any 2xx is success.",
        DeliveryOutcome.Failed failed => failed.Detail,
        _ => throw new UnreachableException(),
    };

    private static string Sample(DateTimeOffset now) => $$$"""
        {"record":{"id":1,"name":"A sample"},"changes":null,"action":"insert","metadata":{"table_schema":"public","table_name":"sample",
        "commit_timestamp":"{{{now.UtcDateTime:yyyy-MM-ddTHH:mm:ss.ffffffZ}}}","commit_lsn":0,"commit_idx":0,"idempotency_key":"MDow",
        "record_pks":["1"],"transaction_annotations":null,"enrichment":null,"database_name":"test"}}
        """.ReplaceLineEndings("");
}
