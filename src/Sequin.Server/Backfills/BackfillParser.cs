using System.Text.Json;
using Sequin.Postgres.Backfills;
using Sequin.Postgres.Log.Backfills;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Source.Tables;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Backfills;

/// <summary>What is to be read, as far as the request alone tells.</summary>
/// <param name="Request">Which rows.</param>
/// <param name="MaxTimeoutMs">Of one query.</param>
internal sealed record BackfillSpec(BackfillRequest Request, int MaxTimeoutMs);

/// <summary>Checks requests for backfills. What only the source knows is asked there: <see cref="BackfillCreation"/>.</summary>
internal static class BackfillParser
{
    private static readonly Dictionary<string, FilterOperator> Operators = new(StringComparer.OrdinalIgnoreCase)
    {
        ["="] = FilterOperator.Equal,
        ["=="] = FilterOperator.Equal,
        ["!="] = FilterOperator.NotEqual,
        ["<>"] = FilterOperator.NotEqual,
        ["<"] = FilterOperator.Less,
        ["<="] = FilterOperator.LessOrEqual,
        [">"] = FilterOperator.Greater,
        [">="] = FilterOperator.GreaterOrEqual,
        ["in"] = FilterOperator.In,
        ["not in"] = FilterOperator.NotIn,
        ["is null"] = FilterOperator.IsNull,
        ["is not null"] = FilterOperator.NotNull,
    };

    /// <param name="request">As it came.</param>
    /// <param name="config">Of the consumer.</param>
    /// <exception cref="ProblemException">422.</exception>
    public static BackfillSpec Parse(CreateBackfillRequest request, ConsumerConfig config)
    {
        var errors = new FieldErrors();
        var spec = Parse(errors, "", request, config);
        errors.ThrowIfAny();
        return spec!;
    }

    /// <returns>Null: there are errors.</returns>
    public static BackfillSpec? Parse(FieldErrors errors, string prefix, CreateBackfillRequest request, ConsumerConfig config)
    {
        var before = errors.Count;
        var name = request.Table ?? (config.Tables is [var only] ? Quoted(only) : null);
        TableName table = default;
        if (name is null)
            errors.Add($"{prefix}table", "is required; write schema.table");
        else if (!TableName.TryParse(name, out table) || name.Contains('\0', StringComparison.Ordinal))
            errors.NoTableName($"{prefix}table", name);
        else if (config.Tables.Count > 0 && !config.Tables.Contains(table.Unquoted))
            errors.Add($"{prefix}table", $"is {Shown.Short(table.ToString())}, which the consumer does not read. Add it to "
                + $"source.include_tables of the consumer first; it reads {string.Join(", ", config.Tables.Take(TablesShownMax))}");
        errors.Text($"{prefix}sort_column", request.SortColumn);
        if (request.SortColumn is { Length: 0 })
            errors.Add($"{prefix}sort_column", "is empty; leave it out to read by primary key");
        if (request.MaxTimeoutMs is < BackfillRequestLimits.TimeoutMsMin or > BackfillRequestLimits.TimeoutMsMax)
            errors.Add($"{prefix}max_timeout_ms", $"is {request.MaxTimeoutMs}; it must be from {BackfillRequestLimits.TimeoutMsMin} to "
                + $"{BackfillRequestLimits.TimeoutMsMax}");

        var start = Text(errors, $"{prefix}start_position", request.StartPosition);
        var filter = Conditions(errors, $"{prefix}filter", request.Filter);
        return errors.Count > before ? null : new BackfillSpec(
            new BackfillRequest { Table = table, SortColumn = request.SortColumn, StartPosition = start, Filter = filter },
            request.MaxTimeoutMs ?? BackfillRecord.MaxTimeoutMsDefault);
    }

    private const int TablesShownMax = 10;

    private static List<FilterCondition> Conditions(FieldErrors errors, string field, IReadOnlyList<BackfillFilterRequest?>? requested)
    {
        var conditions = new List<FilterCondition>();
        foreach (var condition in requested ?? [])
        {
            if (condition?.Column is not { Length: > 0 } column)
                errors.Add(field, "has a condition without a column");
            else if (condition.Operator is null || !Operators.TryGetValue(condition.Operator, out var way))
                errors.Add(field, $"has the operator '{Shown.Short(condition.Operator ?? "null")}'; it is one of "
                    + string.Join(" ", Named));
            else
                conditions.Add(new FilterCondition(column, way, Values(errors, field, condition.Value)));
        }

        return conditions;
    }

    private static IEnumerable<string> Named => Operators.Keys.Where(name => name is not ("==" or "<>"));

    private static List<string> Values(FieldErrors errors, string field, JsonElement? value)
    {
        if (value is not { ValueKind: JsonValueKind.Array } list)
            return Text(errors, field, value) is { } one ? [one] : [];
        var values = new List<string>();
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Null)
                errors.Add(field, "compares with null, which is never true; use 'is null'");
            else if (Text(errors, field, item) is { } text)
                values.Add(text);
        }

        return values;
    }

    private static string? Text(FieldErrors errors, string field, JsonElement? value)
    {
        switch (value?.ValueKind)
        {
            case null or JsonValueKind.Null:
                return null;
            case JsonValueKind.String:
                return errors.Text(field, value.Value.GetString());
            case JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False:
                return errors.Text(field, value.Value.GetRawText());
            default:
                errors.Add(field, "must be a text, a number or a boolean");
                return null;
        }
    }

    // The catalog holds it unquoted; a schema's name with a dot must be given by its user.
    private static string Quoted(string table) =>
        table.Split('.') is [var schema, var name] ? new TableName(schema, name).ToString() : table;
}
