using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Sequin.Grains.Webhooks;

/// <summary>How this process sends to HTTP endpoints.</summary>
public sealed record WebhookOptions
{
    /// <summary>Whether addresses that are not public may be sent to (<see cref="PublicAddress"/>). Default false.</summary>
    public bool AllowPrivateAddresses { get; init; }

    /// <summary>What finds the addresses of a name. Default: this machine's.</summary>
    internal Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>What certificates are checked against. Default null: what this machine trusts.</summary>
    internal X509ChainPolicy? CertificateChainPolicy { get; init; }
}
