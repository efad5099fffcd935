using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace Sequin.Postgres.Log.Secrets;

/// <summary>Decrypts, and says what to do when that fails: Data Protection itself only knows that a key is not there.</summary>
internal static class Unprotection
{
    /// <param name="protector">Of the purpose it was encrypted for.</param>
    /// <param name="encrypted">What stands in the log database.</param>
    /// <param name="what">What it is, at the beginning of a sentence.</param>
    public static byte[] Open(this IDataProtector protector, byte[] encrypted, string what)
    {
        try
        {
            return protector.Unprotect(encrypted);
        }
        catch (CryptographicException e)
        {
            throw new InvalidOperationException(
                $"{what} cannot be decrypted: its key is missing from sequin.data_protection_keys, or is wrapped by a key other than "
                + $"the one in {EncryptionKey.Variable}. Give the former key; without it, delete what was encrypted and make it anew.", e);
        }
    }
}
