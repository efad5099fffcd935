using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sequin.Server.Tests.Pushing;

/// <summary>A receiver on this machine: keeps what comes, and answers as the test wants.</summary>
internal sealed class Hook : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<Pushed> _pushed = Channel.CreateUnbounded<Pushed>();

    private Hook(Func<HttpContext, Pushed, Task> answer, Action<ListenOptions>? listen)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen ?? (_ => { })));
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

    /// <param name="answer">To each request.</param>
    /// <param name="listen">What happens on connections before HTTP.</param>
    public static async Task<Hook> StartAsync(Func<HttpContext, Pushed, Task> answer, Action<ListenOptions>? listen = null)
    {
        var hook = new Hook(answer, listen);
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

    public async ValueTask DisposeAsync()
    {
        // Answers that never end are ended here.
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }
}
