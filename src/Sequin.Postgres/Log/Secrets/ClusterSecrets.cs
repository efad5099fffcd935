using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Npgsql;

namespace Sequin.Postgres.Log.Secrets;

/// <summary>Random secrets that all processes of the cluster share, such as the key of receipts. Encrypted by Data Protection.</summary>
public sealed class ClusterSecrets(NpgsqlDataSource source, IDataProtectionProvider provider)
{
    private readonly IDataProtector _protector = provider.CreateProtector("sequin.cluster-secret");

    /// <summary>The same bytes for every caller, however many ask at once; made at the first call.</summary>
    public async Task<byte[]> GetOrCreateAsync(string name, int bytes, CancellationToken cancellationToken)
    {
        if (await FindAsync(name, cancellationToken) is { } secret)
            return secret;

        // Of several that come here together one inserts; all read what it inserted.
        const string sql = "INSERT INTO sequin.cluster_secrets (name, secret_encrypted) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        await source.ExecuteAsync(sql, [name, _protector.Protect(RandomNumberGenerator.GetBytes(bytes))], cancellationToken);
        return await FindAsync(name, cancellationToken)
            ?? throw new InvalidOperationException($"The cluster secret '{name}' was deleted while it was made. Start again.");
    }

    private async Task<byte[]?> FindAsync(string name, CancellationToken cancellationToken)
    {
        const string sql = "SELECT secret_encrypted FROM sequin.cluster_secrets WHERE name = $1";
        var encrypted = await source.ReadOneAsync(sql, [name], row => row.GetFieldValue<byte[]>(0), cancellationToken);
        return encrypted is null ? null : _protector.Open(encrypted, $"The cluster secret '{name}'");
    }
}
