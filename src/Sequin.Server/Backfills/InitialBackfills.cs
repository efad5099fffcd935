using System.Text.Json;
using Sequin.Postgres.Log.Backfills;
using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Consumers;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Backfills;

/// <summary>The tables that a new consumer begins with: <c>true</c>, or a list.</summary>
internal sealed class InitialBackfills(BackfillCreation creation)
{
    private const string Field = "initial_backfill";
    private static readonly string[] Types = ["full", "partial"];

    /// <summary>What the request alone tells.</summary>
    /// <returns>Empty: none is asked for; null: all tables of the consumer.</returns>
    public static IReadOnlyList<BackfillSpec>? Parse(FieldErrors errors, JsonElement? requested, JsonElement? start, ConsumerConfig config)
    {
        if (requested is null or { ValueKind: JsonValueKind.Null or JsonValueKind.False })
            return [];
        if (start is { ValueKind: not JsonValueKind.Null } and not { ValueKind: JsonValueKind.String }
            || (start is { ValueKind: JsonValueKind.String } && !start.Value.ValueEquals("now")))
            errors.Add(Field, "begins with the rows that there are now, and cannot be combined with another start; leave out either");
        switch (requested.Value.ValueKind)
        {
            case JsonValueKind.True:
                return null;
            case JsonValueKind.Array:
                return ParseList(errors, requested.Value, config);
            default:
                errors.Add(Field, "must be true, false, or a list of {\"table\":…,\"type\":…,\"sort_column\":…,\"start_position\":…}");
                return [];
        }
    }

    /// <exception cref="ProblemException">422: one of them cannot be read like this, and why.</exception>
    public async Task<IReadOnlyList<BackfillRecord>> CheckAsync(
        NewConsumer request, ConsumerSource source, CancellationToken cancellationToken)
    {
        if (request.InitialBackfill is { Count: 0 })
            return [];
        var specs = request.InitialBackfill ?? await AllAsync(request.Config, source, cancellationToken);
        return await creation.CheckAsync(source, specs, Field, cancellationToken);
    }

    private static List<BackfillSpec> ParseList(FieldErrors errors, JsonElement list, ConsumerConfig config)
    {
        var specs = new List<BackfillSpec>();
        if (list.GetArrayLength() is 0 or > BackfillRequestLimits.InitialMax)
            errors.Add(Field, $"has {list.GetArrayLength()} entries; it must have from 1 to {BackfillRequestLimits.InitialMax}");
        foreach (var item in list.EnumerateArray().Take(BackfillRequestLimits.InitialMax))
        {
            if (Read(errors, item) is not { } entry || BackfillParser.Parse(errors, $"{Field}.", entry, config) is not { } spec)
                continue;
            if (entry.Type is { } type && !Types.Contains(type))
                errors.Add($"{Field}.type", $"is '{Shown.Short(type)}'; it is one of {string.Join(", ", Types)}");
            else if (entry.Type == "partial" != (spec.Request.StartPosition is not null))
                errors.Add($"{Field}.start_position", $"belongs to type partial, and is needed there: see "
                    + Shown.Short(spec.Request.Table.ToString()));
            else if (specs.Exists(other => other.Request.Table == spec.Request.Table))
                errors.Add($"{Field}.table", $"has {Shown.Short(spec.Request.Table.ToString())} twice");
            else
                specs.Add(spec);
        }

        return specs;
    }

    private static InitialBackfillRequest? Read(FieldErrors errors, JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            errors.Add(Field, "must be true, false, or a list of objects, each with a table");
            return null;
        }

        JsonKeys.Check(item, WireJson.Options.GetTypeInfo(typeof(InitialBackfillRequest)));
        try
        {
            return item.Deserialize<InitialBackfillRequest>(WireJson.Options);
        }
        catch (JsonException wrong)
        {
            throw new ProblemException(Problem.WrongType($"{Field}{wrong.Path?[1..]} has the wrong type."));
        }
    }

    private async Task<IReadOnlyList<BackfillSpec>> AllAsync(
        ConsumerConfig config, ConsumerSource source, CancellationToken cancellationToken)
    {
        var tables = (await creation.ListTablesAsync(source, cancellationToken))
            .Where(table => config.Tables.Count == 0 || config.Tables.Contains(table.Unquoted)).ToList();
        var missing = config.Tables.Except(tables.Select(table => table.Unquoted)).FirstOrDefault();
        if (missing is not null)
            throw new ProblemException(Problem.Invalid(Field,
                $"The consumer reads {Shown.Short(missing)}, which its stream does not have. List the tables to backfill."));
        if (tables.Count is 0 or > BackfillRequestLimits.InitialMax)
            throw new ProblemException(Problem.Invalid(Field,
                $"would be {tables.Count} tables; it can be 1 to {BackfillRequestLimits.InitialMax}. List those to backfill"));
        return [.. tables.Select(table => new BackfillSpec(
            new Postgres.Backfills.BackfillRequest { Table = table }, BackfillRecord.MaxTimeoutMsDefault))];
    }
}
