using System.Text.Json;
using Sequin.Core.Changes;
using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Backfills;
using Sequin.Server.Errors;
using Sequin.Server.Receiving;
using Sequin.Server.Requests;
using static Sequin.Server.Consumers.ConsumerLimits;

namespace Sequin.Server.Consumers;

/// <summary>
/// Checks a request for a consumer, new or changed, and says all that is wrong at once. A published setting that this version does
/// not have yet is taken with the value that it has in effect, and refused with any other: a setting is never accepted and then
/// ignored.
/// </summary>
internal static class ConsumerParser
{
    public const string NoFunction = "none";

    private static readonly string[] Actions = ["insert", "update", "delete", "read", "truncate", "message"];

    /// <exception cref="ProblemException">422, with every field that is not valid.</exception>
    public static NewConsumer ParseNew(ConsumerRequest request)
    {
        var errors = new FieldErrors();
        var name = errors.Name("name", request.Name);
        if ((request.Database is null) == (request.Stream is null))
            errors.Add("database", "Give database or stream, and not both.");
        if (request.Destination is null)
            DestinationParser.Require(errors);
        var start = ConsumerStart.Parse(errors, request.Start);
        var present = ConsumerStart.ConfigOf(start);
        var destination = request.Destination is null
            ? Destination.Pull
            : DestinationParser.Parse(errors, request, GivenFields.All, present);
        var config = Settings(errors, request, GivenFields.All, destination, present);
        var backfills = InitialBackfills.Parse(errors, request.InitialBackfill, request.Start, config);
        errors.ThrowIfAny();
        return new NewConsumer(name, request.Database, request.Stream, config, destination.HttpEndpoint, start, backfills);
    }

    /// <param name="request">What to change.</param>
    /// <param name="given">The fields that it is about; those that are not given stay as they are.</param>
    /// <param name="present">The consumer as it is.</param>
    /// <param name="source">What it reads.</param>
    /// <exception cref="ProblemException">422, with every field that is not valid.</exception>
    public static ChangedConsumer ParseChange(
        ConsumerRequest request, GivenFields given, ConsumerRecord present, ConsumerSource source)
    {
        var errors = new FieldErrors();
        var name = request.Name is null ? present.Name : errors.Name("name", request.Name);
        ConsumerStart.RefuseOther(errors, request.Start, present);
        source.RefuseOther(errors, request);
        if (request.InitialBackfill is { ValueKind: not (JsonValueKind.Null or JsonValueKind.False) })
            errors.Add("initial_backfill", $"is for new consumers; begin one now: POST /api/consumers/{present.Name}/backfills");
        var destination = DestinationParser.Parse(errors, request, given, present.Config);
        var config = Settings(errors, request, given, destination, present.Config);
        errors.ThrowIfAny();
        return new ChangedConsumer(name, config, destination.HttpEndpoint);
    }

    private static ConsumerConfig Settings(
        FieldErrors errors, ConsumerRequest request, GivenFields given, Destination destination, ConsumerConfig present)
    {
        RefuseUnsupported(errors, request);
        var tables = ConsumerTables.Parse(errors, request, given, present);
        var grouped = given.Or("message_grouping", request.MessageGrouping ?? true, present.MessageGrouping);
        if (!grouped && tables.GroupColumns.Count > 0)
            errors.Add("message_grouping", "is false, so that group_column_names have no effect; leave out either");

        return present with
        {
            Status = given.Or("status", OneOf(errors, "status", request.Status, ConsumerActivity.Active), present.Status),
            PausedBecause = given.Has("status") ? null : present.PausedBecause,
            DestinationType = destination.Type,
            Webhook = destination.Webhook,
            Tables = tables.Names,
            GroupColumns = tables.GroupColumns,
            Actions = given.Or("actions", ReadActions(errors, request.Actions), present.Actions),
            MessageGrouping = grouped,
            VisibilityTimeoutMs = given.Or("visibility_timeout_ms", Within(errors, "visibility_timeout_ms", request.VisibilityTimeoutMs,
                (int)ReceivingLimits.VisibilityMsMin, (int)ReceivingLimits.VisibilityMsMax)
                ?? ConsumerConfig.VisibilityTimeoutMsDefault, present.VisibilityTimeoutMs),
            MaxAckPending = given.Or("max_ack_pending", Within(errors, "max_ack_pending", request.MaxAckPending, 1, MaxAckPendingMax)
                ?? ConsumerConfig.MaxAckPendingDefault, present.MaxAckPending),
            MaxWaiting = given.Or("max_waiting", Within(errors, "max_waiting", request.MaxWaiting, 1, MaxWaitingMax)
                ?? ConsumerConfig.MaxWaitingDefault, present.MaxWaiting),
            MaxRetryCount = given.Or("max_retry_count",
                Within(errors, "max_retry_count", request.MaxRetryCount, 1, MaxRetryCountMax), present.MaxRetryCount),
            OnDead = given.Or("on_dead", OneOf(errors, "on_dead", request.OnDead, OnDead.Continue), present.OnDead),
            Annotations = given.Or("annotations", Annotations.Read(errors, request.Annotations), present.Annotations),
        };
    }

    private static void RefuseUnsupported(FieldErrors errors, ConsumerRequest request)
    {
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

        void Only(string field, string? value, string supported)
        {
            if (value is not null && value != supported)
                errors.Add(field, $"is '{Shown.Short(value)}'; it can only be '{supported}'");
        }
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

    private static T OneOf<T>(FieldErrors errors, string field, string? name, T byDefault) where T : struct, Enum
    {
        if (name is null)
            return byDefault;
        if (WireNames.Find<T>(name) is { } value)
            return value;
        errors.Add(field, $"is '{Shown.Short(name)}'; it is one of {WireNames.List<T>()}");
        return byDefault;
    }

    private static int? Within(FieldErrors errors, string field, int? value, int min, int max)
    {
        if (value < min || value > max)
            errors.Add(field, $"is {value}; it must be from {min} to {max}");
        return value;
    }
}
