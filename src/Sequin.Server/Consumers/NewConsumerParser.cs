using System.Text.Json;
using Sequin.Core.Changes;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Source.Tables;
using Sequin.Server.Errors;
using Sequin.Server.Receiving;
using Sequin.Server.Requests;
using static Sequin.Server.Consumers.ConsumerLimits;

namespace Sequin.Server.Consumers;

/// <summary>
/// Checks a request for a consumer, and says all that is wrong at once. A published setting that this version does not have yet is
/// taken with the value that it has in effect, and refused with any other: a setting is never accepted and then ignored.
/// </summary>
internal static class NewConsumerParser
{
    public const string PullDestination = "sequin_stream";
    public const string NoFunction = "none";

    private static readonly string[] Actions = ["insert", "update", "delete", "read", "truncate", "message"];

    /// <exception cref="ProblemException">422, with every field that is not valid.</exception>
    public static NewConsumer Parse(CreateConsumerRequest request)
    {
        var errors = new FieldErrors();
        var name = errors.Name("name", request.Name);
        if ((request.Database is null) == (request.Stream is null))
            errors.Add("database", "Give database or stream, and not both.");
        RefuseUnsupported(errors, request);
        CheckDestination(errors, request.Destination);

        var config = new ConsumerConfig
        {
            Tables = Tables(errors, request),
            Actions = ReadActions(errors, request.Actions),
            MessageGrouping = request.MessageGrouping ?? true,
            VisibilityTimeoutMs = Within(errors, "visibility_timeout_ms", request.VisibilityTimeoutMs,
                (int)ReceivingLimits.VisibilityMsMin, (int)ReceivingLimits.VisibilityMsMax, ConsumerConfig.VisibilityTimeoutMsDefault),
            MaxAckPending = Within(errors, "max_ack_pending", request.MaxAckPending,
                1, MaxAckPendingMax, ConsumerConfig.MaxAckPendingDefault),
            Annotations = Annotations.Read(errors, request.Annotations),
        };
        var startAfter = StartAfter(errors, request.Start);
        errors.ThrowIfAny();
        return new NewConsumer(name, request.Database, request.Stream, config, startAfter);
    }

    private static void RefuseUnsupported(FieldErrors errors, CreateConsumerRequest request)
    {
        Only("status", request.Status, "active");
        Only("load_shedding_policy", request.LoadSheddingPolicy, "pause_on_full");
        Only("timestamp_format", request.TimestampFormat, "iso8601");
        foreach (var (field, function) in new[]
        {
            ("filter", request.Filter), ("transform", request.Transform), ("routing", request.Routing), ("enrichment", request.Enrichment),
        })
        {
            if (function is not (null or NoFunction))
                errors.Add(field, $"names the function '{Shown.Short(function)}', and there are no functions; it can be 'none'");
        }

        if (request.BatchSize is not (null or 1))
            errors.Add("batch_size", "can only be 1; a receive says its own batch_size");
        if (request.MaxRetryCount is not null)
            errors.Add("max_retry_count", "can only be null: a message is delivered until it is acked");
        if (request.InitialBackfill is { ValueKind: not (JsonValueKind.Null or JsonValueKind.False) })
            errors.Add("initial_backfill", "can only be false");

        void Only(string field, string? value, string supported)
        {
            if (value is not null && value != supported)
                errors.Add(field, $"is '{Shown.Short(value)}'; it can only be '{supported}'");
        }
    }

    private static void CheckDestination(FieldErrors errors, ConsumerDestinationRequest? destination)
    {
        if (destination?.Type is null)
            errors.Add("destination.type", $"is required; supported is '{PullDestination}'");
        else if (destination.Type != PullDestination)
            errors.Add("destination.type", $"is '{Shown.Short(destination.Type)}'; supported is '{PullDestination}'");
        else if (destination.Settings?.Keys.FirstOrDefault() is { } setting)
            throw new ProblemException(Problem.UnknownField($"destination.{setting}"));
    }

    /// <summary>
    /// As published, <c>source</c> chooses tables and <c>tables</c> configures them. Without a <c>source</c>, as older clients write
    /// it, <c>tables</c> does both.
    /// </summary>
    private static List<string> Tables(FieldErrors errors, CreateConsumerRequest request)
    {
        foreach (var (field, names) in new[]
        {
            ("source.include_schemas", request.Source?.IncludeSchemas), ("source.exclude_schemas", request.Source?.ExcludeSchemas),
            ("source.exclude_tables", request.Source?.ExcludeTables),
        })
        {
            if (names is { Count: > 0 })
                errors.Add(field, "is not supported; name the tables in source.include_tables");
        }

        var configured = new List<string>();
        foreach (var table in request.Tables ?? [])
        {
            if (table?.GroupColumnNames is not null)
                errors.Add("tables.group_column_names", "can only be null: messages are grouped by primary key");
            Add(errors, "tables", configured, table?.Name);
        }

        if (request.Source is null)
            return configured;
        var included = new List<string>();
        foreach (var table in request.Source.IncludeTables ?? [])
            Add(errors, "source.include_tables", included, table);
        return included;
    }

    private static void Add(FieldErrors errors, string field, List<string> names, string? table)
    {
        if (table is null || !TableName.TryParse(table, out var name) || table.Contains('\0', StringComparison.Ordinal))
            errors.NoTableName(field, table);
        else if (names.Count == TablesMax)
            errors.Add(field, $"has more than {TablesMax} entries");
        else if (!names.Contains(name.Unquoted))
            names.Add(name.Unquoted);
    }

    private static List<ChangeAction> ReadActions(FieldErrors errors, IReadOnlyList<string?>? names)
    {
        var actions = new List<ChangeAction>();
        if (names is { Count: 0 })
            errors.Add("actions", $"must have at least one of {string.Join(", ", Actions)}");
        foreach (var name in names ?? [])
        {
            if (!Actions.Contains(name))
                errors.Add("actions", $"has '{Shown.Short(name ?? "null")}'; an action is one of {string.Join(", ", Actions)}");
            else if (Enum.Parse<ChangeAction>(name!, ignoreCase: true) is var action && !actions.Contains(action))
                actions.Add(action);
        }

        return actions;
    }

    private static int Within(FieldErrors errors, string field, int? value, int min, int max, int byDefault)
    {
        if (value < min || value > max)
            errors.Add(field, $"is {value}; it must be from {min} to {max}");
        return value ?? byDefault;
    }

    private static long? StartAfter(FieldErrors errors, JsonElement? start)
    {
        switch (start)
        {
            case null or { ValueKind: JsonValueKind.Null }:
            case { ValueKind: JsonValueKind.String } when start.Value.GetString() == "now":
                return null;
            case { ValueKind: JsonValueKind.String } when start.Value.GetString() == "beginning":
                return 0;
            case { ValueKind: JsonValueKind.Object } when start.Value.GetPropertyCount() == 1
                && start.Value.TryGetProperty("offset", out var value) && value.ValueKind == JsonValueKind.Number
                && value.TryGetInt64(out var offset) && offset >= 1:
                return offset - 1;
            default:
                errors.Add("start", "must be \"now\", \"beginning\" or {\"offset\":n} with n from 1");
                return null;
        }
    }
}
