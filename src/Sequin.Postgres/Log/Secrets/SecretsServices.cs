using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Sequin.Postgres.Log.Secrets;

/// <summary>Registers Data Protection with its key ring in the log database.</summary>
public static class SecretsServices
{
    /// <summary>
    /// Needs an <see cref="NpgsqlDataSource"/> of the log database. Set <see cref="SecretsOptions.EncryptionKey"/> to wrap the ring.
    /// </summary>
    public static IServiceCollection AddLogSecrets(this IServiceCollection services)
    {
        // The name separates our keys from other applications': it must be the same in every process.
        services.AddDataProtection().SetApplicationName("sequin");
        services.AddOptions<KeyManagementOptions>().Configure<NpgsqlDataSource, IOptions<SecretsOptions>>((ring, source, secrets) =>
        {
            ring.XmlRepository = new DataProtectionKeyRepository(source);
            if (secrets.Value.EncryptionKey is { } key)
                ring.XmlEncryptor = new KeyRingEncryptor(key);
        });
        return services;
    }
}
