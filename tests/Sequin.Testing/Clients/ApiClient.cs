using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;

namespace Sequin.Testing.Clients;

/// <summary>
/// The management API, as far as tests and benchmarks need it. An answer other than 2xx is an <see cref="HttpRequestException"/> with
/// its status and the answer's text; nothing is tried again.
/// </summary>
public sealed class ApiClient : IDisposable
{
    private readonly HttpClient _http;

    public ApiClient(Uri server, string token)
    {
        _http = new HttpClient { BaseAddress = server };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Makes a source database of an existing slot and publication.</summary>
    public Task<JsonObject> CreateDatabaseAsync(
        string name, string connectionString, string slot, string publication, CancellationToken cancellationToken)
    {
        var source = new NpgsqlConnectionStringBuilder(connectionString);
        return SendAsync(HttpMethod.Post, "/api/postgres_databases", new JsonObject
        {
            ["name"] = name,
            ["hostname"] = source.Host,
            ["port"] = source.Port,
            ["database"] = source.Database,
            ["username"] = source.Username,
            ["password"] = source.Password,
            ["ssl"] = false,
            ["replication_slots"] = new JsonArray(new JsonObject { ["slot_name"] = slot, ["publication_name"] = publication }),
        }, cancellationToken);
    }

    /// <summary>Makes a consumer of a database's default stream that is pulled from and starts at the beginning.</summary>
    public Task<JsonObject> CreateConsumerAsync(
        string name, string database, TimeSpan? visibilityTimeout, CancellationToken cancellationToken) => CreateConsumerAsync(
            new ConsumerPlan { Name = name, Database = database, VisibilityTimeout = visibilityTimeout }, cancellationToken);

    public Task<JsonObject> CreateConsumerAsync(ConsumerPlan plan, CancellationToken cancellationToken)
    {
        var body = new JsonObject
        {
            ["name"] = plan.Name,
            ["database"] = plan.Database,
            ["destination"] = new JsonObject { ["type"] = "sequin_stream" },
            ["start"] = plan.Start?.DeepClone() ?? (plan.StartsNow ? "now" : "beginning"),
            ["message_grouping"] = plan.MessageGrouping,
        };
        if (plan.VisibilityTimeout is { } timeout)
            body["visibility_timeout_ms"] = (long)timeout.TotalMilliseconds;
        return SendAsync(HttpMethod.Post, "/api/sinks", body, cancellationToken);
    }

    /// <summary>Makes a consumer that begins with the present rows of all tables.</summary>
    public Task<JsonObject> CreateBackfilledConsumerAsync(string name, string database, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, "/api/sinks", new JsonObject
        {
            ["name"] = name,
            ["database"] = database,
            ["destination"] = new JsonObject { ["type"] = "sequin_stream" },
            ["initial_backfill"] = true,
        }, cancellationToken);

    /// <summary>The backfills of a consumer, the newest first.</summary>
    public async Task<IReadOnlyList<JsonObject>> ListBackfillsAsync(string consumer, CancellationToken cancellationToken)
    {
        var list = (JsonArray)(await SendAsync(HttpMethod.Get, $"/api/sinks/{consumer}/backfills", null, cancellationToken))["data"]!;
        return [.. list.Select(backfill => backfill!.AsObject())];
    }

    /// <summary>Makes an HTTP endpoint, and a consumer that pushes to it from the beginning of a database's default stream.</summary>
    public async Task CreatePushConsumerAsync(
        string name, string database, string url, PushPlan plan, CancellationToken cancellationToken)
    {
        await SendAsync(
            HttpMethod.Post, "/api/destinations/http_endpoints", new JsonObject { ["name"] = name, ["url"] = url }, cancellationToken);
        await SendAsync(HttpMethod.Post, "/api/sinks", new JsonObject
        {
            ["name"] = name,
            ["database"] = database,
            ["destination"] = new JsonObject { ["type"] = "webhook", ["http_endpoint"] = name, ["batch"] = plan.Batch },
            ["start"] = "beginning",
            ["batch_size"] = plan.BatchSize,
            ["concurrency"] = plan.Concurrency,
            ["request_timeout_ms"] = (long)plan.RequestTimeout.TotalMilliseconds,
        }, cancellationToken);
    }

    public Task<JsonObject> DeleteConsumerAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, $"/api/sinks/{name}", null, cancellationToken);

    /// <param name="consumer">Its name.</param>
    /// <param name="to">As the API takes it.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<JsonObject> RewindAsync(string consumer, JsonNode to, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"/api/consumers/{consumer}/rewind", new JsonObject { ["to"] = to }, cancellationToken);

    /// <summary>Where a stream ends; 0: nothing was ever in it.</summary>
    public async Task<long> GetLastOffsetAsync(string stream, CancellationToken cancellationToken) =>
        (long)(await SendAsync(HttpMethod.Get, $"/api/streams/{stream}", null, cancellationToken))["last_offset"]!;

    /// <summary>A database with its <c>state</c>.</summary>
    public Task<JsonObject> GetDatabaseAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"/api/postgres_databases/{name}", null, cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<JsonObject> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
        using var response = await _http.SendAsync(request, cancellationToken);
        await Answer.EnsureSuccessAsync(response, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await JsonSerializer.DeserializeAsync<JsonObject>(stream, cancellationToken: cancellationToken) ?? [];
    }
}
