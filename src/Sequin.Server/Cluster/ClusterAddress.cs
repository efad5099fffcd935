using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Sequin.Server.Configuration;

namespace Sequin.Server.Cluster;

/// <summary>Where the other processes of the cluster reach this silo.</summary>
/// <param name="Ip">The address that is put into the membership table.</param>
/// <param name="SiloPort">For silos.</param>
/// <param name="GatewayPort">For API-only processes.</param>
/// <param name="ListenOnAny">The address may not be one of this machine's own (address translation), so it cannot be bound.</param>
internal sealed record ClusterAddress(IPAddress Ip, int SiloPort, int GatewayPort, bool ListenOnAny)
{
    /// <summary>
    /// With the embedded PostgreSQL nobody else can be in the cluster, so nothing outside loopback listens. Ports that are not
    /// given are free ones: others find them in the membership table, and several processes fit on one machine.
    /// </summary>
    public static ClusterAddress Of(ServerOptions options)
    {
        var ip = options.AdvertisedIp ?? (options.IsEmbedded ? IPAddress.Loopback : OwnAddress());
        var (first, second) = FreePorts();
        return new ClusterAddress(ip, options.SiloPort ?? first, options.GatewayPort ?? second, options.AdvertisedIp is not null);
    }

    private static IPAddress OwnAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(network => network.OperationalStatus == OperationalStatus.Up)
        .Where(network => network.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .SelectMany(network => network.GetIPProperties().UnicastAddresses)
        .Select(unicast => unicast.Address)
        .Where(address => address.AddressFamily == AddressFamily.InterNetwork)
        // Link-local: nobody else can be told to use it.
        .FirstOrDefault(address => !address.ToString().StartsWith("169.254.", StringComparison.Ordinal))
        ?? IPAddress.Loopback;

    // Both are held until both are known, so that they differ.
    private static (int First, int Second) FreePorts()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }
}
