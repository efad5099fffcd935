using System.Net;
using System.Net.Sockets;

namespace Sequin.Grains.Webhooks;

/// <summary>
/// Connects to public addresses only. The check is on the very addresses that are connected to: a name that pointed elsewhere when
/// the endpoint was created, or points elsewhere at every look, gets no further.
/// </summary>
internal sealed class GuardedConnector(WebhookOptions options)
{
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var target = context.DnsEndPoint;
        var addresses = await AllowedAsync(target.Host, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, target.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <exception cref="AddressRefusedException">None of its addresses may be connected to.</exception>
    /// <exception cref="SocketException">The name does not resolve.</exception>
    public async Task<IPAddress[]> AllowedAsync(string host, CancellationToken cancellationToken)
    {
        // A literal is not looked up: for 0.0.0.0 that throws, and yet it can be connected to.
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await options.Resolve(host, cancellationToken);
        if (options.AllowPrivateAddresses)
            return addresses;

        var allowed = Array.FindAll(addresses, PublicAddress.IsPublic);
        return allowed.Length > 0 || addresses.Length == 0 ? allowed : throw new AddressRefusedException(host, addresses[0]);
    }
}
