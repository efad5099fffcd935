using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Postgres.Log.Secrets;

/// <summary>
/// API keys. A token is 256 random bits and only its SHA-256 is stored: there is nothing to guess, so a slow hash would only
/// slow down every request; and the lookup by hash tells an attacker's clock nothing about a token.
/// </summary>
public sealed class ApiKeyStore(NpgsqlDataSource source)
{
    public const string TokenPrefix = "sqn_";
    private const int TokenBytes = 32;
    private const string Select = "SELECT id, name, created_at, expires_at FROM sequin.api_keys";

    /// <exception cref="NameTakenException">The name is taken.</exception>
    public async Task<NewApiKey> CreateAsync(string name, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        const string sql = """
            INSERT INTO sequin.api_keys (id, name, token_hash, expires_at) VALUES ($1, $2, $3, $4::timestamptz)
            RETURNING id, name, created_at, expires_at
            """;
        var token = TokenPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        var key = await CatalogRows.WriteNamedAsync(name, () => source.ReadOneAsync(
            sql, [Guid.CreateVersion7(), name, Hash(token), expiresAt?.UtcDateTime], Read, cancellationToken));
        return new NewApiKey(key!, token);
    }

    /// <returns>Null: no such token, or it has expired.</returns>
    public Task<ApiKeyRecord?> FindAsync(string token, CancellationToken cancellationToken) =>
        source.ReadOneAsync(
            $"{Select} WHERE token_hash = $1 AND (expires_at IS NULL OR expires_at > now())", [Hash(token)], Read, cancellationToken);

    /// <param name="limit">At most this many.</param>
    /// <param name="after">Id or name of the last one seen; null: from the first.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public Task<IReadOnlyList<ApiKeyRecord>> ListAsync(int limit, string? after, CancellationToken cancellationToken) =>
        source.ReadPageAsync(Select, "sequin.api_keys", limit, after, Read, cancellationToken);

    /// <returns>False: there was none.</returns>
    public async Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken) =>
        await source.ExecuteAsync("DELETE FROM sequin.api_keys WHERE id = $1", [id], cancellationToken) == 1;

    /// <summary>Whether any key is stored: with none, the first start makes one.</summary>
    public async Task<bool> AnyAsync(CancellationToken cancellationToken) =>
        await source.ReadValueAsync<bool>("SELECT EXISTS (SELECT FROM sequin.api_keys)", [], cancellationToken) ?? false;

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static ApiKeyRecord Read(NpgsqlDataReader row) => new()
    {
        Id = row.GetGuid(0),
        Name = row.GetString(1),
        CreatedAt = row.GetFieldValue<DateTimeOffset>(2),
        ExpiresAt = row.ReadOrNull<DateTimeOffset?>(3),
    };
}
