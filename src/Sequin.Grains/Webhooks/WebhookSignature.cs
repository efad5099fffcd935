using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sequin.Grains.Webhooks;

/// <summary>
/// Signs a request as Standard Webhooks does (https://www.standardwebhooks.com): HMAC-SHA256 over <c>id.timestamp.body</c>, the body
/// being the bytes that are sent, compressed or not.
/// </summary>
internal static class WebhookSignature
{
    private const string Version = "v1,";

    /// <returns>One signature for each secret, separated by spaces: the receiver takes the one that it knows.</returns>
    public static string Of(string id, long unixSeconds, ReadOnlySpan<byte> body, IReadOnlyList<string> secrets)
    {
        var prefix = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{unixSeconds}."));
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        var signatures = new StringBuilder();
        foreach (var secret in secrets)
        {
            using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, SigningSecret.Key(secret));
            hmac.AppendData(prefix);
            hmac.AppendData(body);
            hmac.GetHashAndReset(mac);
            signatures.Append(signatures.Length == 0 ? "" : " ").Append(Version).Append(Convert.ToBase64String(mac));
        }

        return signatures.ToString();
    }
}
