using System.Net;
using System.Text;

namespace Sequin.Postgres.Tests.Embedded;

/// <summary>A registry that answers every request with the same bytes, under a path of its own as some registries have.</summary>
internal sealed class FakeRegistry : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _serving;

    public FakeRegistry(int status, string body)
    {
        Address = new Uri($"http://127.0.0.1:{Sequin.Postgres.Embedded.Cluster.FreePort.Find()}/npm/");
        _listener.Prefixes.Add(Address.AbsoluteUri);
        _listener.Start();
        _serving = ServeAsync(status, Encoding.UTF8.GetBytes(body));
    }

    public Uri Address { get; }
    public string? AskedFor { get; private set; }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Close();
    }

    private async Task ServeAsync(int status, byte[] body)
    {
        while (_listener.IsListening)
        {
            try
            {
                var exchange = await _listener.GetContextAsync();
                AskedFor = exchange.Request.Url!.AbsolutePath;
                exchange.Response.StatusCode = status;
                exchange.Response.Close(body, willBlock: false);
            }
            catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
