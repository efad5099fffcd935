using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sequin.Server.Tests.Pushing;

/// <summary>A receiver on this machine: keeps what comes, and answers as the test wants.</summary>
internal sealed class Hook : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<Pushed> _pushed = Channel.CreateUnbounded<Pushed>();

    private Hook(Func<HttpContext, Pushed, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(async context =>
        {
            var pushed = await Pushed.ReadAsync(context.Request);
            await _pushed.Writer.WriteAsync(pushed);
            await answer(context, pushed);
        });
    }

    public string Url => _app.Urls.First();

    public static Task<Hook> StartAsync(Func<Pushed, int> status) => StartAsync((context, pushed) =>
    {
        context.Response.StatusCode = status(pushed);
        return Task.CompletedTask;
    });

    public static async Task<Hook> StartAsync(Func<HttpContext, Pushed, Task> answer)
    {
        var hook = new Hook(answer);
        await hook._app.StartAsync(TestContext.Current.CancellationToken);
        return hook;
    }

    /// <summary>The next request, in the order in which they came.</summary>
    public async Task<Pushed> NextAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        try
        {
            return await _pushed.Reader.ReadAsync(limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException("No request came within 30 s.");
        }
    }

    /// <summary>Whether a request came that nobody took.</summary>
    public bool HasMore => _pushed.Reader.TryPeek(out _);

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}

/// <summary>One request as it came.</summary>
internal sealed record Pushed(string Path, string Id, int Attempt, IReadOnlyList<JsonElement> Messages, bool IsBatch)
{
    /// <summary>The column <c>status</c> of each message's row.</summary>
    public IEnumerable<string?> Statuses => Messages.Select(message => message.GetProperty("record").GetProperty("status").GetString());

    public static string KeyOf(JsonElement message) => message.GetProperty("metadata").GetProperty("idempotency_key").GetString()!;

    public static async Task<Pushed> ReadAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        var body = JsonElement.Parse(await reader.ReadToEndAsync());
        var isBatch = body.TryGetProperty("data", out var data);
        return new Pushed(request.Path, request.Headers["webhook-id"].Single()!,
            int.Parse(request.Headers["sequin-delivery-attempt"].Single()!, System.Globalization.CultureInfo.InvariantCulture),
            isBatch ? [.. data.EnumerateArray()] : [body], isBatch);
    }
}
