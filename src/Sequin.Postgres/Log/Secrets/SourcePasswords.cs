using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace Sequin.Postgres.Log.Secrets;

/// <summary>Passwords of source databases, as they stand in the catalog.</summary>
internal sealed class SourcePasswords(IDataProtectionProvider provider)
{
    private readonly IDataProtector _protector = provider.CreateProtector("sequin.source-password");

    public byte[]? Encrypt(string? password) => password is null ? null : _protector.Protect(Encoding.UTF8.GetBytes(password));

    /// <summary>One that cannot be decrypted must not hide its database, or those beside it: nobody could delete it.</summary>
    /// <returns>The password; or why there is none although one was stored.</returns>
    public (string? Password, string? Problem) Decrypt(byte[]? encrypted, string databaseName)
    {
        if (encrypted is null)
            return (null, null);
        try
        {
            return (Encoding.UTF8.GetString(_protector.Open(encrypted, $"The password of database '{databaseName}'")), null);
        }
        catch (InvalidOperationException)
        {
            return (null, $"The password of database '{databaseName}' cannot be decrypted: its key is not in the log database's key ring, or is"
                + $" wrapped by another {EncryptionKey.Variable}. Give the former key back, or delete the database and create it again.");
        }
    }
}
