namespace Sequin.Postgres.Log.Catalog;

/// <summary>How a consumer pushes. Stored as JSON with its configuration, so new settings need a default.</summary>
public sealed record WebhookSettings
{
    public const int ConcurrencyDefault = 8;
    public const int RequestTimeoutMsDefault = 30_000;

    /// <summary>Beside this, a column of the catalog has it, which keeps an endpoint that is in use from being deleted.</summary>
    public required Guid HttpEndpointId { get; init; }

    /// <summary>Goes behind the endpoint's URL; null: nothing does.</summary>
    public string? Path { get; init; }

    /// <summary>A request has a list of messages, even of one; false: one bare message.</summary>
    public bool Batch { get; init; } = true;

    /// <summary>Messages of one request, at most.</summary>
    public int BatchSize { get; init; } = 1;

    /// <summary>How long a batch that is not full waits for more; 0: not at all.</summary>
    public int BatchTimeoutMs { get; init; }

    /// <summary>For connection, request and answer together.</summary>
    public int RequestTimeoutMs { get; init; } = RequestTimeoutMsDefault;

    /// <summary>Requests at the same time, at most.</summary>
    public int Concurrency { get; init; } = ConcurrencyDefault;
}
