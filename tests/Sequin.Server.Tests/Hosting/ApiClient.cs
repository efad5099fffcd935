using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Sequin.Server.Tests.Hosting;

/// <summary>Speaks to a server the way a caller without an SDK does.</summary>
public sealed class ApiClient(HttpClient http) : IDisposable
{
    public HttpClient Http { get; } = http;

    public Task<ApiAnswer> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public Task<ApiAnswer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path, null);

    /// <param name="path">Under the server's address.</param>
    /// <param name="body">JSON, or what is to be taken for it.</param>
    public Task<ApiAnswer> PostAsync(string path, string body) =>
        SendAsync(HttpMethod.Post, path, new StringContent(body, Encoding.UTF8, "application/json"));

    public Task<ApiAnswer> PostAsync(string path, object body) => PostAsync(path, JsonSerializer.Serialize(body));

    public Task<ApiAnswer> PostAsync(string path, byte[] body, string? contentType)
    {
        var content = new ByteArrayContent(body);
        if (contentType is not null)
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return SendAsync(HttpMethod.Post, path, content);
    }

    public Task<ApiAnswer> PutAsync(string path, string body, string? ifMatch = null) =>
        SendAsync(HttpMethod.Put, path, new StringContent(body, Encoding.UTF8, "application/json"), ifMatch);

    public Task<ApiAnswer> PatchAsync(string path, string body, string? ifMatch = null) =>
        SendAsync(HttpMethod.Patch, path, new StringContent(body, Encoding.UTF8, "application/json"), ifMatch);

    public async Task<ApiAnswer> SendAsync(HttpMethod method, string path, HttpContent? content, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return new ApiAnswer(
            (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, response.Headers.RetryAfter?.ToString(),
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))
        {
            ETag = response.Headers.ETag?.ToString(),
            Location = response.Headers.Location?.ToString(),
            ConsumerStatus = response.Headers.TryGetValues("sequin-consumer-status", out var status) ? status.Single() : null,
        };
    }

    public void Dispose() => Http.Dispose();
}
