using System.Text.Json;

namespace Sequin.Server.Consumers;

/// <summary>
/// A consumer, also called a sink: a named reader of a stream. The same fields create one (POST), replace its settings (PUT) and
/// change some of them (PATCH).
/// </summary>
internal sealed record ConsumerRequest
{
    public string? Name { get; init; }

    /// <summary>Name or id of a database, for its default stream; or give <c>stream</c>. Cannot be changed.</summary>
    public string? Database { get; init; }

    /// <summary>Name or id of a stream. Cannot be changed.</summary>
    public string? Stream { get; init; }

    /// <summary><c>active</c> (default), <c>paused</c> (receives wait and get nothing) or <c>disabled</c> (they are refused).</summary>
    public string? Status { get; init; }
    public ConsumerSourceRequest? Source { get; init; }

    /// <summary>Without <c>source</c>: the tables to deliver. In any case: how they are grouped. Default: all, by primary key.</summary>
    public IReadOnlyList<ConsumerTableRequest?>? Tables { get; init; }

    /// <summary>Of <c>insert update delete truncate message</c>. Default: the first three. A <c>read</c> always passes.</summary>
    public IReadOnlyList<string?>? Actions { get; init; }
    public ConsumerDestinationRequest? Destination { get; init; }

    /// <summary>Only <c>none</c>, as for the other three functions.</summary>
    public string? Filter { get; init; }
    public string? Transform { get; init; }
    public string? Routing { get; init; }
    public string? Enrichment { get; init; }

    /// <summary>true (default): messages of a primary key in order, one after the other. false: no order.</summary>
    public bool? MessageGrouping { get; init; }

    /// <summary>Messages of one push, 1..1000; a pull says its own. Default: 1.</summary>
    public int? BatchSize { get; init; }

    /// <summary>How long a push that is not full waits for more messages, 0..60000. Default: 0.</summary>
    public int? BatchTimeoutMs { get; init; }

    /// <summary>How long a push may take, 100..600000. Default: 30000.</summary>
    public int? RequestTimeoutMs { get; init; }

    /// <summary>Pushes at the same time, 1..64. Default: 8.</summary>
    public int? Concurrency { get; init; }

    /// <summary>Deliveries after which a message that comes back becomes a dead letter, 1..1000. Default: null, never.</summary>
    public int? MaxRetryCount { get; init; }

    /// <summary>The group of a dead letter goes on (<c>continue</c>, default), or waits for it (<c>halt_group</c>).</summary>
    public string? OnDead { get; init; }

    /// <summary>Only <c>pause_on_full</c>, the default.</summary>
    public string? LoadSheddingPolicy { get; init; }

    /// <summary>Only <c>iso8601</c>, the default.</summary>
    public string? TimestampFormat { get; init; }

    /// <summary>A JSON object of your own; every message carries it.</summary>
    public JsonElement? Annotations { get; init; }

    /// <summary>
    /// Tables whose present rows come first: <c>true</c> for all that the consumer reads, or a list of
    /// <c>{"table","type":"full"|"partial","sort_column","start_position","filter"}</c>. Default: false. Cannot be changed.
    /// </summary>
    public JsonElement? InitialBackfill { get; init; }

    /// <summary>
    /// <c>now</c> (default: what is committed from here on), <c>beginning</c>, <c>{"offset":n}</c>, <c>{"timestamp":"…"}</c> or
    /// <c>{"lsn":"…"}</c>. Cannot be changed; a consumer can be rewound.
    /// </summary>
    public JsonElement? Start { get; init; }

    /// <summary>How long a lease lasts, 500..43200000. Default: 30000.</summary>
    public int? VisibilityTimeoutMs { get; init; }

    /// <summary>Messages leased and not yet acked, 1..100000. Default: 10000.</summary>
    public int? MaxAckPending { get; init; }

    /// <summary>Receives that wait at the same time, 1..10000. Default: 1000.</summary>
    public int? MaxWaiting { get; init; }
}

/// <summary>What of the stream the consumer reads.</summary>
internal sealed record ConsumerSourceRequest
{
    public IReadOnlyList<string?>? IncludeSchemas { get; init; }
    public IReadOnlyList<string?>? ExcludeSchemas { get; init; }
    public IReadOnlyList<string?>? IncludeTables { get; init; }
    public IReadOnlyList<string?>? ExcludeTables { get; init; }
}

internal sealed record ConsumerTableRequest
{
    /// <summary><c>schema.table</c>, quoted as in SQL where needed; without a schema: <c>public</c>.</summary>
    public string? Name { get; init; }

    /// <summary>Columns whose values make the groups, 1..32, each of them logged with deleted rows. Default: the primary key.</summary>
    public IReadOnlyList<string?>? GroupColumnNames { get; init; }
}

internal sealed record ConsumerDestinationRequest
{
    /// <summary><c>sequin_stream</c>: pulled over HTTP; <c>webhook</c>: pushed over HTTP.</summary>
    public string? Type { get; init; }

    /// <summary>Of a webhook: name or id of the HTTP endpoint.</summary>
    public string? HttpEndpoint { get; init; }

    /// <summary>Of a webhook: goes behind the endpoint's URL.</summary>
    public string? HttpEndpointPath { get; init; }

    /// <summary>Of a webhook: a list of messages (true, default), or one bare message.</summary>
    public bool? Batch { get; init; }

    [System.Text.Json.Serialization.JsonExtensionData]
    public Dictionary<string, JsonElement>? Settings { get; init; }
}
