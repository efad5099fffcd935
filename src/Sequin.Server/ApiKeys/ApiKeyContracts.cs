using Sequin.Postgres.Log.Secrets;

namespace Sequin.Server.ApiKeys;

internal sealed record CreateApiKeyRequest
{
    public string? Name { get; init; }

    /// <summary>From then on the token is refused. Default: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

internal sealed record ApiKeyResponse(Guid Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt)
{
    public static ApiKeyResponse Of(ApiKeyRecord key) => new(key.Id, key.Name, key.CreatedAt, key.ExpiresAt);
}

/// <param name="Id">Of the key.</param>
/// <param name="Name">Of the key.</param>
/// <param name="Token">Shown here and never again.</param>
/// <param name="CreatedAt">Now.</param>
/// <param name="ExpiresAt">Null: never.</param>
internal sealed record NewApiKeyResponse(Guid Id, string Name, string Token, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt)
{
    public static NewApiKeyResponse Of(NewApiKey created) =>
        new(created.Key.Id, created.Key.Name, created.Token, created.Key.CreatedAt, created.Key.ExpiresAt);
}
