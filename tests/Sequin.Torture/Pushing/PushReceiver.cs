using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sequin.Torture.Pushing;

/// <summary>Receives single messages over HTTP, and refuses some.</summary>
internal sealed class PushReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private PushReceiver(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    public static async Task<PushReceiver> StartAsync(
        PushLedger ledger, double refusedShare, int seed, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async context =>
        {
            using var message = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            var record = message.RootElement.GetProperty("record");
            bool refuse;
            lock (random)
                refuse = random.NextDouble() < refusedShare;
            context.Response.StatusCode = ledger.OnPushed(
                record.GetProperty("id").GetInt64(), record.GetProperty("version").GetInt64(), context.Request.Headers["webhook-id"]!,
                int.Parse(context.Request.Headers["sequin-delivery-attempt"]!, CultureInfo.InvariantCulture), refuse);
        });
        await app.StartAsync(cancellationToken);
        return new PushReceiver(app);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
