namespace Sequin.Grains.Webhooks;

/// <summary>The connections to one revision of an endpoint. Closed when nobody uses them any more.</summary>
internal sealed class EndpointConnection(long revision, HttpMessageInvoker http, CircuitBreaker circuit)
{
    private readonly Lock _lock = new();
    private int _leases;
    private bool _isClosing;

    public long Revision { get; } = revision;
    public HttpMessageInvoker Http { get; } = http;
    public CircuitBreaker Circuit { get; } = circuit;

    /// <summary>A timestamp of the clock.</summary>
    public long UsedAt { get; private set; }

    public void Lease(long now)
    {
        lock (_lock)
        {
            _leases++;
            UsedAt = now;
        }
    }

    public void Return()
    {
        lock (_lock)
        {
            if (--_leases > 0 || !_isClosing)
                return;
        }

        Http.Dispose();
    }

    /// <summary>At once, or after the last lease.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (_isClosing)
                return;
            _isClosing = true;
            if (_leases > 0)
                return;
        }

        Http.Dispose();
    }
}
