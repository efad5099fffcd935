namespace Sequin.Testing.Clients;

/// <summary>What a receive asks for.</summary>
public sealed record ReceiveOptions
{
    public int BatchSize { get; init; } = 1;

    /// <summary>For the first message.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>Null: the consumer's.</summary>
    public TimeSpan? VisibilityTimeout { get; init; }

    /// <summary>Null: none.</summary>
    public string? RequestId { get; init; }
}
