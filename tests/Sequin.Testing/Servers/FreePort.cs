using System.Net;
using System.Net.Sockets;

namespace Sequin.Testing.Servers;

/// <summary>A TCP port that a server may keep over restarts.</summary>
public static class FreePort
{
    // Below the range that Linux gives to outgoing connections: else one of those could take the port while the server is down.
    private const int First = 20_000;
    private const int End = 32_000;
    private const int AttemptsMax = 100;

    public static int Find()
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var port = Random.Shared.Next(First, End);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: try another.
            }
        }

        throw new InvalidOperationException($"No free port between {First} and {End} in {AttemptsMax} attempts.");
    }
}
