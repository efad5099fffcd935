using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sequin.Testing.Servers;

namespace Sequin.Benchmarks.Isolation;

/// <summary>Receivers on one port: <c>/0</c>, <c>/1</c>, … note when a row comes; <c>/slow</c> answers after 30 s.</summary>
internal sealed class IsolationHooks : IAsyncDisposable
{
    private static readonly TimeSpan SlowAnswer = TimeSpan.FromSeconds(30);
    private readonly WebApplication _app;
    private int _slowRequests;

    private IsolationHooks(IsolationTimes times)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/slow", TakeSlowlyAsync);
        _app.MapPost("/{receiver:int}", (HttpContext context, int receiver) => TakeAsync(context, receiver, times));
    }

    public int SlowRequests => Volatile.Read(ref _slowRequests);

    /// <summary>Nobody listens there.</summary>
    public static string Dead { get; } = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Find()}/");

    public static async Task<IsolationHooks> StartAsync(IsolationTimes times, CancellationToken cancellationToken)
    {
        var hooks = new IsolationHooks(times);
        await hooks._app.StartAsync(cancellationToken);
        return hooks;
    }

    public string Url(string path) => $"{_app.Urls.First()}/{path}";

    public async ValueTask DisposeAsync()
    {
        // Nobody waits for the slow answers any more.
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private static async Task TakeAsync(HttpContext context, int receiver, IsolationTimes times)
    {
        var at = TimeProvider.System.GetTimestamp();
        using var message = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        times.OnDelivered(receiver, message.RootElement.GetProperty("record").GetProperty("id").GetInt32(), at);
    }

    private async Task TakeSlowlyAsync(HttpContext context)
    {
        Interlocked.Increment(ref _slowRequests);
        await Task.Delay(SlowAnswer, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
