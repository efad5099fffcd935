using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sequin.Testing.Clients;

/// <summary>
/// Pulls from one consumer, with one connection at a time. A connection that breaks and an answer other than 2xx are an
/// <see cref="HttpRequestException"/>; whether to try again is for the caller to decide.
/// </summary>
public sealed class PullClient : IDisposable
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly HttpClient _http;

    public PullClient(Uri server, string token, string consumer)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseCookies = false, ActivityHeadersPropagator = null })
        {
            BaseAddress = new Uri(server, $"/api/consumers/{consumer}/"),
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Leases up to <paramref name="batchSize"/> messages; waits for the first one.</summary>
    public Task<IReadOnlyList<PulledMessage>> ReceiveAsync(int batchSize, TimeSpan wait, CancellationToken cancellationToken) =>
        ReceiveAsync(new ReceiveOptions { BatchSize = batchSize, Wait = wait }, cancellationToken);

    public async Task<IReadOnlyList<PulledMessage>> ReceiveAsync(ReceiveOptions options, CancellationToken cancellationToken)
    {
        using var response = await PostAsync("receive", BodyOf(options), cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        using var document = JsonDocument.Parse(body);
        return [.. document.RootElement.GetProperty("data").EnumerateArray().Select(message => new PulledMessage(
            message.GetProperty("ack_id").GetString()!,
            message.GetProperty("delivery_count").GetInt32(),
            message.GetProperty("offset").GetInt64(),
            JsonMarshal.GetRawUtf8Value(message.GetProperty("data")).ToArray()))];
    }

    public Task<IReadOnlyList<ReceiptStatus>> AckAsync(IEnumerable<string> ackIds, CancellationToken cancellationToken) =>
        FinishAsync("ack", new JsonObject { ["ack_ids"] = ListOf(ackIds) }, cancellationToken);

    /// <summary>Gives messages back at once.</summary>
    public Task<IReadOnlyList<ReceiptStatus>> NackAsync(IEnumerable<string> ackIds, CancellationToken cancellationToken) =>
        NackAsync(ackIds, TimeSpan.Zero, cancellationToken);

    public Task<IReadOnlyList<ReceiptStatus>> NackAsync(
        IEnumerable<string> ackIds, TimeSpan delay, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["ack_ids"] = ListOf(ackIds) };
        if (delay > TimeSpan.Zero)
            body["delay"] = Milliseconds(delay);
        return FinishAsync("nack", body, cancellationToken);
    }

    /// <summary>Makes leases end so long from now.</summary>
    public Task<IReadOnlyList<ReceiptStatus>> ExtendAsync(
        IEnumerable<string> ackIds, TimeSpan visibilityTimeout, CancellationToken cancellationToken) => FinishAsync(
            "extend", new JsonObject { ["ack_ids"] = ListOf(ackIds), ["visibility_timeout"] = Milliseconds(visibilityTimeout) },
            cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<IReadOnlyList<ReceiptStatus>> FinishAsync(
        string action, JsonObject body, CancellationToken cancellationToken)
    {
        using var response = await PostAsync(action, Encoding.UTF8.GetBytes(body.ToJsonString()), cancellationToken);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return [.. answer.GetProperty("results").EnumerateArray().Select(result => new ReceiptStatus(
            result.GetProperty("ack_id").GetString()!, result.GetProperty("status").GetString()!))];
    }

    private async Task<HttpResponseMessage> PostAsync(string action, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, action);
        request.Content = new ReadOnlyMemoryContent(body);
        request.Content.Headers.ContentType = Json;
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        try
        {
            await Answer.EnsureSuccessAsync(response, cancellationToken);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private static byte[] BodyOf(ReceiveOptions options)
    {
        var body = new JsonObject { ["batch_size"] = options.BatchSize, ["wait_for"] = Milliseconds(options.Wait) };
        if (options.VisibilityTimeout is { } visibilityTimeout)
            body["visibility_timeout"] = Milliseconds(visibilityTimeout);
        if (options.RequestId is { } requestId)
            body["request_id"] = requestId;
        return Encoding.UTF8.GetBytes(body.ToJsonString());
    }

    private static JsonArray ListOf(IEnumerable<string> ackIds) => [.. ackIds.Select(ackId => JsonValue.Create(ackId))];

    private static long Milliseconds(TimeSpan duration) => (long)duration.TotalMilliseconds;
}
