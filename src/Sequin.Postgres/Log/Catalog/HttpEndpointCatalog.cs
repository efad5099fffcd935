using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Npgsql;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Secrets;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>The HTTP endpoints that consumers push to.</summary>
public sealed class HttpEndpointCatalog(NpgsqlDataSource source, IDataProtectionProvider protection)
{
    private const string Columns = "id, name, url, headers, secrets_encrypted, revision, created_at, updated_at";
    private const string Select = $"SELECT {Columns} FROM sequin.http_endpoints";

    private readonly SealedEndpointSecrets _secrets = new(protection);

    /// <returns>The record with its times.</returns>
    /// <exception cref="NameTakenException">The name is taken.</exception>
    public async Task<HttpEndpointRecord> InsertAsync(HttpEndpointRecord endpoint, CancellationToken cancellationToken)
    {
        const string sql = $"""
            INSERT INTO sequin.http_endpoints (id, name, url, headers, secrets_encrypted) VALUES ($1, $2, $3, $4::json, $5)
            RETURNING {Columns}
            """;
        return (await CatalogRows.WriteNamedAsync(
            endpoint.Name, () => source.ReadOneAsync(sql, ValuesOf(endpoint), Read, cancellationToken)))!;
    }

    /// <summary>Writes a record that was read before and changed.</summary>
    /// <returns>Null: it is gone, or somebody else changed it since; read it again.</returns>
    /// <exception cref="NameTakenException">The new name is taken.</exception>
    public Task<HttpEndpointRecord?> UpdateAsync(HttpEndpointRecord endpoint, CancellationToken cancellationToken)
    {
        const string sql = $"""
            UPDATE sequin.http_endpoints
            SET name = $2, url = $3, headers = $4::json, secrets_encrypted = $5, revision = revision + 1, updated_at = now()
            WHERE id = $1 AND revision = $6
            RETURNING {Columns}
            """;
        return CatalogRows.WriteNamedAsync(endpoint.Name, () => source.ReadOneAsync(
            sql, [.. ValuesOf(endpoint), endpoint.Revision], Read, cancellationToken));
    }

    /// <returns>Null: there is none.</returns>
    public Task<HttpEndpointRecord?> FindAsync(HttpEndpointId id, CancellationToken cancellationToken) =>
        source.ReadOneAsync($"{Select} WHERE id = $1", [id.Value], Read, cancellationToken);

    /// <returns>Null: there is none.</returns>
    public Task<HttpEndpointRecord?> FindAsync(string idOrName, CancellationToken cancellationToken) =>
        source.ReadOneAsync($"{Select} {CatalogRows.WhereIdOrName}", CatalogRows.IdOrName(idOrName), Read, cancellationToken);

    /// <param name="limit">At most this many.</param>
    /// <param name="after">Id or name of the last one seen; null: from the first.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public Task<IReadOnlyList<HttpEndpointRecord>> ListAsync(int limit, string? after, CancellationToken cancellationToken) =>
        source.ReadPageAsync(Select, "sequin.http_endpoints", limit, after, Read, cancellationToken);

    /// <summary>Deletes an endpoint that no consumer uses.</summary>
    public async Task<HttpEndpointDeletion> DeleteAsync(HttpEndpointId id, CancellationToken cancellationToken)
    {
        try
        {
            return await source.ExecuteAsync("DELETE FROM sequin.http_endpoints WHERE id = $1", [id.Value], cancellationToken) == 1
                ? HttpEndpointDeletion.Deleted
                : HttpEndpointDeletion.NotFound;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ForeignKeyViolation)
        {
            return HttpEndpointDeletion.InUse;
        }
    }

    private object?[] ValuesOf(HttpEndpointRecord endpoint) =>
    [
        endpoint.Id.Value, endpoint.Name, endpoint.Url.OriginalString,
        JsonSerializer.Serialize(endpoint.Headers.Select(header => new[] { header.Name, header.Value })),
        _secrets.Encrypt(endpoint.Secrets),
    ];

    private HttpEndpointRecord Read(NpgsqlDataReader row)
    {
        var name = row.GetString(1);
        return new HttpEndpointRecord
        {
            Id = new HttpEndpointId(row.GetGuid(0)),
            Name = name,
            Url = new Uri(row.GetString(2)),
            Headers = [.. JsonSerializer.Deserialize<string[][]>(row.GetString(3))!.Select(pair => new EndpointHeader(pair[0], pair[1]))],
            Secrets = _secrets.Decrypt(row.GetFieldValue<byte[]>(4), name),
            Revision = row.GetInt64(5),
            CreatedAt = row.GetFieldValue<DateTimeOffset>(6),
            UpdatedAt = row.GetFieldValue<DateTimeOffset>(7),
        };
    }
}

/// <summary>What became of a request to delete an HTTP endpoint.</summary>
public enum HttpEndpointDeletion
{
    Deleted,
    NotFound,

    /// <summary>A consumer still pushes to it; nothing was deleted. Delete the consumer first, or give it another endpoint.</summary>
    InUse,
}
