using System.Text.Json.Nodes;

namespace Sequin.Testing.Clients;

/// <summary>A consumer to be made, that is pulled from of its database's default stream.</summary>
public sealed record ConsumerPlan
{
    public required string Name { get; init; }

    public required string Database { get; init; }

    /// <summary>Null: the server's default.</summary>
    public TimeSpan? VisibilityTimeout { get; init; }

    /// <summary>As the API takes it; null: the beginning.</summary>
    public JsonNode? Start { get; init; }

    public bool MessageGrouping { get; init; } = true;

    /// <summary>Behind what is in the log; default: at the beginning.</summary>
    public bool StartsNow { get; init; }
}
