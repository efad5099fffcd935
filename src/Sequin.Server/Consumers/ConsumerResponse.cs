using System.Text.Json;
using Sequin.Core.Changes;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Server.Consumers;

/// <summary>A consumer, with every key that clients of Sequin look for.</summary>
internal sealed record ConsumerResponse
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public string Status { get; init; } = "active";
    public required string? Database { get; init; }
    public required string? Stream { get; init; }
    public required ConsumerSourceResponse Source { get; init; }
    public required IReadOnlyList<ConsumerTableResponse> Tables { get; init; }
    public required IReadOnlyList<ChangeAction> Actions { get; init; }
    public required ConsumerDestinationResponse Destination { get; init; }
    public string Filter { get; init; } = NewConsumerParser.NoFunction;
    public string Transform { get; init; } = NewConsumerParser.NoFunction;
    public string Routing { get; init; } = NewConsumerParser.NoFunction;
    public string Enrichment { get; init; } = NewConsumerParser.NoFunction;
    public required bool MessageGrouping { get; init; }
    public int BatchSize { get; init; } = 1;
    public int? MaxRetryCount { get; init; }
    public string LoadSheddingPolicy { get; init; } = "pause_on_full";
    public string TimestampFormat { get; init; } = "iso8601";
    public required JsonElement Annotations { get; init; }
    public required int VisibilityTimeoutMs { get; init; }
    public required int MaxAckPending { get; init; }
    public IReadOnlyList<JsonElement> ActiveBackfills { get; init; } = [];
    public required ConsumerHealthResponse Health { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    public static ConsumerResponse Of(
        ConsumerRecord consumer, StreamRecord? stream, string? database, ConsumerHealthResponse health) => new()
        {
            Id = consumer.Id.Value,
            Name = consumer.Name,
            Database = database,
            Stream = stream?.Name,
            Source = new ConsumerSourceResponse(null, null, consumer.Config.Tables is { Count: > 0 } tables ? tables : null, null),
            Tables = [.. consumer.Config.Tables.Select(table => new ConsumerTableResponse(table, null))],
            Actions = consumer.Config.Actions is { Count: > 0 } actions
            ? actions
            : [ChangeAction.Insert, ChangeAction.Update, ChangeAction.Delete],
            Destination = new ConsumerDestinationResponse(consumer.Config.DestinationType),
            MessageGrouping = consumer.Config.MessageGrouping,
            Annotations = Requests.Annotations.ToJson(consumer.Config.Annotations),
            VisibilityTimeoutMs = consumer.Config.VisibilityTimeoutMs,
            MaxAckPending = consumer.Config.MaxAckPending,
            Health = health,
            CreatedAt = consumer.CreatedAt,
            UpdatedAt = consumer.UpdatedAt,
        };
}

internal sealed record ConsumerSourceResponse(
    IReadOnlyList<string>? IncludeSchemas, IReadOnlyList<string>? ExcludeSchemas, IReadOnlyList<string>? IncludeTables,
    IReadOnlyList<string>? ExcludeTables);

internal sealed record ConsumerTableResponse(string Name, IReadOnlyList<string>? GroupColumnNames);

internal sealed record ConsumerDestinationResponse(string Type);
