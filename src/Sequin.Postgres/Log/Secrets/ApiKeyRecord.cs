namespace Sequin.Postgres.Log.Secrets;

/// <summary>An API key, without its token: that is nowhere.</summary>
public sealed record ApiKeyRecord
{
    public required Guid Id { get; init; }

    /// <summary>Unique.</summary>
    public required string Name { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From then on the token is refused; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>A new API key with its token, which is shown once.</summary>
public sealed record NewApiKey(ApiKeyRecord Key, string Token);
