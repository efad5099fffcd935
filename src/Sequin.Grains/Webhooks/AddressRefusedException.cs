using System.Net;

namespace Sequin.Grains.Webhooks;

/// <summary>A host has only addresses that may not be sent to.</summary>
internal sealed class AddressRefusedException(string host, IPAddress address)
    : Exception($"{host} has the address {address}, which is not public.");
