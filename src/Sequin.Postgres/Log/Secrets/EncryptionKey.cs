namespace Sequin.Postgres.Log.Secrets;

/// <summary>The key from outside that wraps the key ring, so that a copy of the log database alone opens nothing.</summary>
public static class EncryptionKey
{
    public const string Variable = "SEQUIN_ENCRYPTION_KEY";
    public const int Bytes = 32;

    /// <exception cref="FormatException">Not base64 of 32 bytes.</exception>
    public static byte[] Parse(string base64)
    {
        var key = new byte[Bytes + 1];
        if (!Convert.TryFromBase64String(base64, key, out var length) || length != Bytes)
            throw new FormatException($"{Variable} must be {Bytes} random bytes in base64. Make one with: openssl rand -base64 {Bytes}");
        return key[..Bytes];
    }
}
