using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sequin.Grains.Tests.Webhooks;

/// <summary>A receiver of webhooks that does what a test wants, on a port of its own: by HTTP, HTTPS, or bytes on a connection.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Receiver(WebApplication app, string host) =>
        (_app, Url) = (app, new Uri(app.Urls.First().Replace("127.0.0.1", host) + "/hook"));

    public Uri Url { get; }

    public static Task<Receiver> HttpAsync(RequestDelegate answer, string host = "127.0.0.1") =>
        StartAsync(listen => listen.Protocols = HttpProtocols.Http1, answer, host);

    public static Task<Receiver> HttpsAsync(X509Certificate2 certificate, RequestDelegate answer) =>
        StartAsync(listen => listen.UseHttps(certificate), answer, "localhost");

    public static Task<Receiver> RawAsync(ConnectionDelegate answer) =>
        StartAsync(listen => listen.Use(_ => answer), _ => Task.CompletedTask, "127.0.0.1");

    /// <summary>For <c>localhost</c>, trusted by nobody who is not told to.</summary>
    public static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var created = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(created.Export(X509ContentType.Pkcs12), null);
    }

    public async ValueTask DisposeAsync()
    {
        // Answers that never end are ended here.
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private static async Task<Receiver> StartAsync(Action<ListenOptions> listen, RequestDelegate answer, string host)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen));
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new Receiver(app, host);
    }
}
