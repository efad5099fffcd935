using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Postgres.Log.Secrets;

/// <summary>Secrets of HTTP endpoints, as they stand in the catalog: JSON, encrypted.</summary>
internal sealed class SealedEndpointSecrets(IDataProtectionProvider provider)
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private readonly IDataProtector _protector = provider.CreateProtector("sequin.http-endpoint-secrets");

    public byte[] Encrypt(EndpointSecrets secrets) => _protector.Protect(JsonSerializer.SerializeToUtf8Bytes(secrets, Options));

    public EndpointSecrets Decrypt(byte[] encrypted, string endpointName) =>
        JsonSerializer.Deserialize<EndpointSecrets>(_protector.Open(encrypted, $"What is secret of HTTP endpoint '{endpointName}'"), Options)
        ?? throw new JsonException($"The secrets of HTTP endpoint '{endpointName}' are null.");
}
