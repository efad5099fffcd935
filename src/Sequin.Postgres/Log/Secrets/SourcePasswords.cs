using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace Sequin.Postgres.Log.Secrets;

/// <summary>Passwords of source databases, as they stand in the catalog.</summary>
internal sealed class SourcePasswords(IDataProtectionProvider provider)
{
    private readonly IDataProtector _protector = provider.CreateProtector("sequin.source-password");

    public byte[]? Encrypt(string? password) => password is null ? null : _protector.Protect(Encoding.UTF8.GetBytes(password));

    public string? Decrypt(byte[]? encrypted, string databaseName) =>
        encrypted is null ? null : Encoding.UTF8.GetString(_protector.Open(encrypted, $"The password of database '{databaseName}'"));
}
