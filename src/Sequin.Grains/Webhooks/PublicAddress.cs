using System.Net;
using System.Net.Sockets;

namespace Sequin.Grains.Webhooks;

/// <summary>
/// Which addresses are the public internet's: everything that IANA's special-purpose registries (RFC 6890) keep for machines,
/// links and private networks is not, nor are clouds' metadata services. An IPv6 address that carries an IPv4 one is as public as
/// that one, because a gateway will send to it.
/// </summary>
public static class PublicAddress
{
    private static readonly IPNetwork[] NotPublicV4 = Networks(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32");                    // Azure's agent and metadata, in the middle of public space

    /// <summary>IPv6 gives out addresses from here only; the rest is loopback, link-local, unique local, multicast or unassigned.</summary>
    private static readonly IPNetwork GlobalV6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] NotPublicV6 = Networks("2001::/23", "2001:db8::/32", "3fff::/20");

    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork[] Translated = Networks("64:ff9b::/96", "::ffff:0:0:0/96");

    public static bool IsPublic(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return !Contains(NotPublicV4, address);
        if (address.IsIPv4MappedToIPv6)
            return IsPublic(address.MapToIPv4());
        if (SixToFour.Contains(address))
            return IsPublic(EmbeddedV4(address, at: 2));
        if (Contains(Translated, address))
            return IsPublic(EmbeddedV4(address, at: 12));
        return GlobalV6.Contains(address) && !Contains(NotPublicV6, address);
    }

    private static bool Contains(IPNetwork[] networks, IPAddress address)
    {
        foreach (var network in networks)
        {
            if (network.Contains(address))
                return true;
        }

        return false;
    }

    private static IPAddress EmbeddedV4(IPAddress address, int at) => new(address.GetAddressBytes().AsSpan(at, 4));

    private static IPNetwork[] Networks(params string[] networks) => Array.ConvertAll(networks, IPNetwork.Parse);
}
