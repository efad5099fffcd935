using System.Net.Sockets;

namespace Sequin.Grains.Webhooks;

/// <summary>
/// Looks at the host of a URL when an endpoint is created or changed. Advice only: what counts is the address of each connection
/// (<see cref="GuardedConnector"/>).
/// </summary>
public sealed class EndpointHosts(WebhookOptions options)
{
    private static readonly TimeSpan LookUpMax = TimeSpan.FromSeconds(2);
    private readonly GuardedConnector _connector = new(options);

    /// <returns>Why requests to it would be refused; null when nothing speaks against it, or nothing is known of it.</returns>
    public async Task<string?> RefusalAsync(Uri url, TimeProvider time, CancellationToken cancellationToken)
    {
        if (options.AllowPrivateAddresses)
            return null;
        using var limit = new CancellationTokenSource(LookUpMax, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _connector.AllowedAsync(url.IdnHost, ending.Token);
            return null;
        }
        catch (AddressRefusedException refused)
        {
            return refused.Message;
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Names may be made later than endpoints.
            return null;
        }
    }
}
