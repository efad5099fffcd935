using System.Diagnostics;
using System.Net;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Webhooks;

/// <summary>
/// Sends requests to HTTP endpoints and says what became of them. It never follows a redirect, never keeps a cookie, connects to
/// public addresses only (<see cref="GuardedConnector"/>), and reads no more of an answer than it has room for. It does not retry.
/// </summary>
public sealed class WebhookSender : IDisposable
{
    public const int AnswerHeaderKilobytesMax = 16;
    public const int AnswerBytesMax = 64 * 1024;

    /// <summary>What is kept of an answer for people.</summary>
    public const int AnswerHeadBytes = 4 * 1024;

    private const string TraceParent = "traceparent";
    private static readonly ActivitySource Activities = new("Sequin");
    private static readonly DeliveryOutcome NotSent =
        new DeliveryOutcome.Failed(DeliveryFailure.ConnectFailed, IsUnknown: false, "Nothing was sent.");

    private readonly EndpointConnections _connections;
    private readonly WebhookInstruments _instruments;
    private readonly TimeProvider _time;

    internal WebhookSender(WebhookOptions options, WebhookInstruments instruments, TimeProvider time)
    {
        _connections = new EndpointConnections(options, time);
        _instruments = instruments;
        _time = time;
    }

    /// <summary>Whether the endpoint's circuit lets a request pass. A caller that is not let through does not send.</summary>
    /// <param name="endpoint">As it is now: a changed one begins with a closed circuit.</param>
    /// <param name="wait">If not: for how long.</param>
    public bool MaySend(HttpEndpointRecord endpoint, out TimeSpan wait)
    {
        var connection = _connections.Lease(endpoint);
        try
        {
            return connection.Circuit.TryEnter(out wait);
        }
        finally
        {
            connection.Return();
        }
    }

    public CircuitState CircuitOf(HttpEndpointRecord endpoint)
    {
        var connection = _connections.Lease(endpoint);
        try
        {
            return connection.Circuit.State;
        }
        finally
        {
            connection.Return();
        }
    }

    /// <summary>Sends once, whatever the circuit says.</summary>
    /// <exception cref="OperationCanceledException">The caller wants no answer any more; the receiver may have the messages.</exception>
    public async Task<DeliveryReport> SendAsync(HttpEndpointRecord endpoint, SignedRequest request, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        using var activity = Activities.StartActivity("webhook", ActivityKind.Client);
        var traceParent = activity?.Id ?? $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-00";
        var report = new DeliveryReport(NotSent, null, [], "", TimeSpan.Zero, traceParent);
        var connection = _connections.Lease(endpoint);
        try
        {
            report = await SendAsync(connection.Http, endpoint, request, report, cancellationToken);
        }
        finally
        {
            connection.Return();
        }

        report = report with { Elapsed = _time.GetElapsedTime(started) };
        if (IsFromTheHost(report))
            connection.Circuit.OnAnswered();
        else
            connection.Circuit.OnUnanswered();
        activity?.SetTag("sequin.http_endpoint", endpoint.Name).SetTag("http.response.status_code", report.Status);
        _instruments.OnAttempted(report.Outcome, report.Elapsed);
        return report;
    }

    public void Dispose() => _connections.Dispose();

    private async Task<DeliveryReport> SendAsync(
        HttpMessageInvoker http, HttpEndpointRecord endpoint, SignedRequest request, DeliveryReport report,
        CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(request.Timeout, _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var content = new WebhookContent(request.Body);
        try
        {
            using var message = ToMessage(request, content, report.TraceParent);
            using var response = await http.SendAsync(message, ending.Token);
            return await ReadAsync(response, endpoint, report, ending.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException
                                  || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return report with { Outcome = FailureKinds.Of(e, isUnknown: content.HasStarted) };
        }
        finally
        {
            // The body's memory goes back to its owner.
            await ending.CancelAsync();
            await content.EndAsync();
        }
    }

    private async Task<DeliveryReport> ReadAsync(
        HttpResponseMessage response, HttpEndpointRecord endpoint, DeliveryReport report, CancellationToken cancellationToken)
    {
        var answer = await AnswerReader.ReadAsync(response.Content, AnswerBytesMax, cancellationToken);
        try
        {
            var secrets = endpoint.Secrets.Headers;
            return report with
            {
                Outcome = OutcomeOf(response, answer),
                Status = (int)response.StatusCode,
                Headers = [.. response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated).Select(
                    header => new EndpointHeader(header.Key, AnswerReader.Mask(header.Value.ToString(), secrets)))],
                AnswerHead = AnswerReader.Head(answer.Body, AnswerHeadBytes, secrets),
            };
        }
        finally
        {
            answer.Release();
        }
    }

    private DeliveryOutcome OutcomeOf(HttpResponseMessage response, in Answer answer)
    {
        if (response.StatusCode == HttpStatusCode.Gone)
            return new DeliveryOutcome.Gone();
        if (!response.IsSuccessStatusCode)
            return new DeliveryOutcome.Refused((int)response.StatusCode, RetryAfter.Read(response.Headers, _time.GetUtcNow()));
        if (answer.End == AnswerEnd.Cut)
            return new DeliveryOutcome.Failed(DeliveryFailure.AnswerCut, IsUnknown: true, "The answer did not arrive whole.");
        return MessageResults.TryRead(answer.Body, isWhole: answer.End == AnswerEnd.Whole, out var results)
            ? new DeliveryOutcome.Delivered(results)
            : new DeliveryOutcome.Failed(DeliveryFailure.AnswerInvalid, IsUnknown: true,
                $"The answer's results of messages cannot be read whole, within {AnswerBytesMax} bytes: "
                + """{"results":[{"idempotency_key":"…","status":"ok"},…]}, a status being ok, retry or dead.""");
    }

    private static HttpRequestMessage ToMessage(SignedRequest request, WebhookContent content, string traceParent)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, request.Url)
        {
            Content = content,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        foreach (var header in request.Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(header.Name, header.Value))
                content.Headers.TryAddWithoutValidation(header.Name, header.Value);
        }

        message.Headers.TryAddWithoutValidation(TraceParent, traceParent);
        return message;
    }

    // A gateway that finds nobody behind it answers for a host that does not.
    private static bool IsFromTheHost(DeliveryReport report) => report.Status is not (null or 502 or 503 or 504);
}
