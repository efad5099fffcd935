using System.Text.Json;
using Sequin.Core.Changes;
using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Backfills;

namespace Sequin.Server.Consumers;

/// <summary>A consumer, with every key that clients of Sequin look for.</summary>
internal sealed record ConsumerResponse
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required ConsumerActivity Status { get; init; }
    public required string? Database { get; init; }
    public required string? Stream { get; init; }
    public required ConsumerSourceResponse Source { get; init; }
    public required IReadOnlyList<ConsumerTableResponse> Tables { get; init; }
    public required IReadOnlyList<ChangeAction> Actions { get; init; }
    public required ConsumerDestinationResponse Destination { get; init; }
    public string Filter { get; init; } = ConsumerParser.NoFunction;
    public string Transform { get; init; } = ConsumerParser.NoFunction;
    public string Routing { get; init; } = ConsumerParser.NoFunction;
    public string Enrichment { get; init; } = ConsumerParser.NoFunction;
    public required bool MessageGrouping { get; init; }
    public int BatchSize { get; init; } = 1;
    public required int? MaxRetryCount { get; init; }
    public required OnDead OnDead { get; init; }
    public string LoadSheddingPolicy { get; init; } = "pause_on_full";
    public string TimestampFormat { get; init; } = "iso8601";
    public required JsonElement Annotations { get; init; }
    public required int VisibilityTimeoutMs { get; init; }
    public required int MaxAckPending { get; init; }
    public required int MaxWaiting { get; init; }
    public IReadOnlyList<BackfillResponse> ActiveBackfills { get; init; } = [];
    public required ConsumerHealthResponse Health { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    public static ConsumerResponse Of(ConsumerRecord consumer, ConsumerSource? source, ConsumerHealthResponse health)
    {
        var config = consumer.Config;
        return new ConsumerResponse
        {
            Id = consumer.Id.Value,
            Name = consumer.Name,
            Status = config.Status,
            Database = source?.Database.Name,
            Stream = source?.Stream.Name,
            Source = new ConsumerSourceResponse(null, null, config.Tables is { Count: > 0 } tables ? tables : null, null),
            Tables =
            [
                .. config.Tables.Union(config.GroupColumns.Keys)
                    .Select(table => new ConsumerTableResponse(table, config.GroupColumns.GetValueOrDefault(table))),
            ],
            Actions = config.Actions is { Count: > 0 } actions
                ? actions
                : [ChangeAction.Insert, ChangeAction.Update, ChangeAction.Delete],
            Destination = new ConsumerDestinationResponse(config.DestinationType),
            MessageGrouping = config.MessageGrouping,
            MaxRetryCount = config.MaxRetryCount,
            OnDead = config.OnDead,
            Annotations = Requests.Annotations.ToJson(config.Annotations),
            VisibilityTimeoutMs = config.VisibilityTimeoutMs,
            MaxAckPending = config.MaxAckPending,
            MaxWaiting = config.MaxWaiting,
            Health = health,
            CreatedAt = consumer.CreatedAt,
            UpdatedAt = consumer.UpdatedAt,
        };
    }
}

internal sealed record ConsumerSourceResponse(
    IReadOnlyList<string>? IncludeSchemas, IReadOnlyList<string>? ExcludeSchemas, IReadOnlyList<string>? IncludeTables,
    IReadOnlyList<string>? ExcludeTables);

internal sealed record ConsumerTableResponse(string Name, IReadOnlyList<string>? GroupColumnNames);

internal sealed record ConsumerDestinationResponse(string Type);
