using System.Net;
using System.Net.Security;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Webhooks;

/// <summary>
/// The connections of this process, apart for each endpoint: one that hangs takes none from another. An endpoint that was changed
/// gets new ones, and one that is not used for a while loses its own.
/// </summary>
internal sealed class EndpointConnections(WebhookOptions options, TimeProvider time) : IDisposable
{
    /// <summary>To one endpoint; further requests wait for one of them. Over HTTP/2 each carries many requests.</summary>
    private const int ConnectionsMax = 256;

    private static readonly TimeSpan ConnectMax = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IdleMax = TimeSpan.FromMinutes(1);

    /// <summary>A connection is not used for longer, so that a change of the name's addresses is followed.</summary>
    private static readonly TimeSpan LifetimeMax = TimeSpan.FromMinutes(5);

    /// <summary>An endpoint without requests for so long is forgotten, with its circuit breaker.</summary>
    private static readonly TimeSpan UnusedMax = TimeSpan.FromMinutes(15);

    private readonly Lock _lock = new();
    private readonly Dictionary<HttpEndpointId, EndpointConnection> _connections = [];
    private readonly GuardedConnector _connector = new(options);
    private long _sweptAt = time.GetTimestamp();

    /// <summary>The connections for an endpoint as it is now. Return the lease when the answer has been read.</summary>
    public EndpointConnection Lease(HttpEndpointRecord endpoint)
    {
        lock (_lock)
        {
            Sweep();
            if (!_connections.TryGetValue(endpoint.Id, out var connection) || connection.Revision < endpoint.Revision)
            {
                connection?.Close();
                connection = new EndpointConnection(
                    endpoint.Revision, new HttpMessageInvoker(CreateHandler()), new CircuitBreaker(time));
                _connections[endpoint.Id] = connection;
            }

            connection.Lease(time.GetTimestamp());
            return connection;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var connection in _connections.Values)
                connection.Close();
            _connections.Clear();
        }
    }

    private SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        // A proxy would connect where we are not asked.
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        // The header traceparent is ours, and there whether or not anybody listens.
        ActivityHeadersPropagator = null,
        ConnectCallback = _connector.ConnectAsync,
        ConnectTimeout = ConnectMax,
        EnableMultipleHttp2Connections = true,
        MaxConnectionsPerServer = ConnectionsMax,
        // An answer that we stopped reading is not worth reading to save its connection.
        MaxResponseDrainSize = 0,
        MaxResponseHeadersLength = WebhookSender.AnswerHeaderKilobytesMax,
        PooledConnectionIdleTimeout = IdleMax,
        PooledConnectionLifetime = LifetimeMax,
        SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = options.CertificateChainPolicy },
    };

    private void Sweep()
    {
        if (time.GetElapsedTime(_sweptAt) < UnusedMax)
            return;
        _sweptAt = time.GetTimestamp();
        foreach (var (id, connection) in _connections)
        {
            if (time.GetElapsedTime(connection.UsedAt) <= UnusedMax)
                continue;
            _connections.Remove(id);
            connection.Close();
        }
    }
}
