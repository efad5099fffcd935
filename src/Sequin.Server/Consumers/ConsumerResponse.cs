using System.Text.Json;
using System.Text.Json.Serialization;
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
    public required int BatchSize { get; init; }

    /// <summary>This and the next two: null unless the destination is a webhook.</summary>
    public required int? BatchTimeoutMs { get; init; }
    public required int? RequestTimeoutMs { get; init; }
    public required int? Concurrency { get; init; }
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

    /// <summary>Null: it is none.</summary>
    public ConsumerReplayResponse? Replay { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <param name="consumer">As the catalog has it.</param>
    /// <param name="source">What it reads.</param>
    /// <param name="httpEndpoint">The name of what it pushes to.</param>
    /// <param name="health">How it is doing.</param>
    public static ConsumerResponse Of(
        ConsumerRecord consumer, ConsumerSource? source, string? httpEndpoint, ConsumerHealthResponse health)
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
            Destination = new ConsumerDestinationResponse(
                config.DestinationType, httpEndpoint, config.Webhook?.Path, config.Webhook?.Batch),
            BatchSize = config.Webhook?.BatchSize ?? 1,
            BatchTimeoutMs = config.Webhook?.BatchTimeoutMs,
            RequestTimeoutMs = config.Webhook?.RequestTimeoutMs,
            Concurrency = config.Webhook?.Concurrency,
            MessageGrouping = config.MessageGrouping,
            MaxRetryCount = config.MaxRetryCount,
            OnDead = config.OnDead,
            Annotations = Requests.Annotations.ToJson(config.Annotations),
            VisibilityTimeoutMs = config.VisibilityTimeoutMs,
            MaxAckPending = config.MaxAckPending,
            MaxWaiting = config.MaxWaiting,
            Health = health,
            Replay = config is { EndOffset: { } end, ExpiresAt: { } expires }
                ? new ConsumerReplayResponse(consumer.StartAfter + 1, end, expires)
                : null,
            CreatedAt = consumer.CreatedAt,
            UpdatedAt = consumer.UpdatedAt,
        };
    }
}

internal sealed record ConsumerSourceResponse(
    IReadOnlyList<string>? IncludeSchemas, IReadOnlyList<string>? ExcludeSchemas, IReadOnlyList<string>? IncludeTables,
    IReadOnlyList<string>? ExcludeTables);

/// <summary>Of a consumer that delivers a stretch again.</summary>
/// <param name="FromOffset">Its first message is this or behind.</param>
/// <param name="ToOffset">Its last is this or before.</param>
/// <param name="ExpiresAt">It is deleted then.</param>
internal sealed record ConsumerReplayResponse(long FromOffset, long ToOffset, DateTimeOffset ExpiresAt);

internal sealed record ConsumerTableResponse(string Name, IReadOnlyList<string>? GroupColumnNames);

/// <summary>Where messages go; the last three only of a webhook.</summary>
internal sealed record ConsumerDestinationResponse(
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? HttpEndpoint,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? HttpEndpointPath,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Batch);
