using System.Security.Cryptography;

namespace Sequin.Grains.Webhooks;

/// <summary>A signing secret as Standard Webhooks writes it: <c>whsec_</c> and 24 to 64 bytes in base64.</summary>
public static class SigningSecret
{
    public const string Prefix = "whsec_";
    public const int KeyBytesMin = 24;
    public const int KeyBytesMax = 64;
    private const int NewKeyBytes = 32;

    public static string New() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(NewKeyBytes));

    public static bool IsValid(string secret) =>
        secret.StartsWith(Prefix, StringComparison.Ordinal) && secret.Length <= Prefix.Length + (KeyBytesMax * 2)
        && Convert.TryFromBase64String(secret[Prefix.Length..], new byte[KeyBytesMax], out var bytes) && bytes >= KeyBytesMin;

    internal static byte[] Key(string secret) => Convert.FromBase64String(secret[Prefix.Length..]);
}
