using System.Net;
using System.Net.Sockets;

namespace Sequin.Postgres.Embedded.Cluster;

/// <summary>
/// A free port of 127.0.0.1 below the range from which systems give ports to clients: while a server restarts, a client that
/// keeps trying could otherwise be given the server's own port, and hold it.
/// </summary>
internal static class FreePort
{
    private const int First = 20_000;
    private const int Last = 32_000;
    private const int AttemptsMax = 200;

    public static int Find()
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var port = Random.Shared.Next(First, Last);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken: another.
            }
        }
        throw new PostgresStartException($"No free port was found on 127.0.0.1 between {First} and {Last} in {AttemptsMax} attempts.");
    }
}
