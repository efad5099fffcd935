using System.Globalization;
using System.Text;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Source.Tables;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Streams;

/// <summary>Checks a request for a stream, new or changed, and says all that is wrong at once.</summary>
internal static class StreamParser
{
    private const long SecondsPerDay = 86_400;
    private const int IdentifierBytesMax = 63;

    /// <param name="request">What to change.</param>
    /// <param name="given">The fields that it is about; the others stay as they are.</param>
    /// <param name="present">The stream as it is.</param>
    /// <exception cref="ProblemException">422, with every field that is not valid.</exception>
    public static StreamRecord Parse(StreamRequest request, GivenFields given, StreamRecord present)
    {
        var errors = new FieldErrors();
        var name = request.Name is null ? present.Name : errors.Name("name", request.Name);
        var source = given.Or("source", Source(errors, request.Source), present.Source);
        var retention = given.Or("retention", Retention(errors, request.Retention), present.Retention);
        if (present.IsDefault && name != present.Name)
            errors.Add("name", $"cannot be changed: '{present.Name}' is the default stream of the database with this name");
        if (present.IsDefault && !source.TakesAll)
            errors.Add("source", $"cannot be changed: '{present.Name}' is the default stream of its database. Create another stream");
        errors.ThrowIfAny();
        return present with { Name = name, Source = source, Retention = retention };
    }

    /// <exception cref="ProblemException">422: name or database is missing.</exception>
    public static void RequireNames(StreamRequest request)
    {
        var errors = new FieldErrors();
        errors.Name("name", request.Name);
        errors.Required("database", request.Database);
        errors.ThrowIfAny();
    }

    private static StreamSource Source(FieldErrors errors, StreamSourceRequest? source)
    {
        if (source is null)
            return StreamSource.Everything;
        var parsed = new StreamSource
        {
            IncludeSchemas = Schemas(errors, "source.include_schemas", source.IncludeSchemas),
            ExcludeSchemas = Schemas(errors, "source.exclude_schemas", source.ExcludeSchemas),
            IncludeTables = Tables(errors, "source.include_tables", source.IncludeTables),
            ExcludeTables = Tables(errors, "source.exclude_tables", source.ExcludeTables),
        };
        if (parsed.IncludeTables.FirstOrDefault(table => !parsed.Takes(table)) is { } never)
            errors.Add("source.include_tables", $"has {Shown.Short(never)}, which the other conditions leave out");
        return parsed;
    }

    private static List<string> Schemas(FieldErrors errors, string field, IReadOnlyList<string?>? names)
    {
        var schemas = new List<string>();
        foreach (var name in Limited(errors, field, names))
        {
            if (string.IsNullOrEmpty(name) || name.Contains('\0', StringComparison.Ordinal)
                || Encoding.UTF8.GetByteCount(name) > IdentifierBytesMax)
                errors.Add(field, $"has '{Shown.Short(name ?? "null")}', which is no schema's name");
            else if (!schemas.Contains(name))
                schemas.Add(name);
        }

        return schemas;
    }

    private static List<string> Tables(FieldErrors errors, string field, IReadOnlyList<string?>? names)
    {
        var tables = new List<string>();
        foreach (var text in Limited(errors, field, names))
        {
            if (text is null || !TableName.TryParse(text, out var name) || text.Contains('\0', StringComparison.Ordinal))
                errors.NoTableName(field, text);
            else if (!tables.Contains(name.Unquoted))
                tables.Add(name.Unquoted);
        }

        return tables;
    }

    private static IEnumerable<string?> Limited(FieldErrors errors, string field, IReadOnlyList<string?>? names)
    {
        if (names is { Count: > StreamLimits.TablesMax })
            errors.Add(field, $"has {names.Count} entries; it can have {StreamLimits.TablesMax}");
        return (names ?? []).Take(StreamLimits.TablesMax);
    }

    private static StreamRetention Retention(FieldErrors errors, StreamRetentionRequest? retention)
    {
        if (retention is null)
            return StreamRetention.Everything;
        if (retention.MaxBytes < StreamLimits.RetentionBytesMin)
            errors.Add("retention.max_bytes", $"is {retention.MaxBytes}; it must be at least {StreamLimits.RetentionBytesMin}, or null");
        var limit = RetentionLimit.Keep;
        if (retention.Limit is { } text)
        {
            if (WireNames.Find<RetentionLimit>(text) is { } named)
                limit = named;
            else
                errors.Add("retention.limit", $"is '{Shown.Short(text)}'; it is one of {WireNames.List<RetentionLimit>()}");
        }

        return new StreamRetention { MaxAgeSeconds = Age(errors, retention.MaxAge), MaxBytes = retention.MaxBytes, Limit = limit };
    }

    private static long? Age(FieldErrors errors, string? text)
    {
        const string field = "retention.max_age";
        if (text is null)
            return null;
        long? seconds = text.EndsWith('d') && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var days)
            ? days * SecondsPerDay
            : DurationText.ParseMs(text) / 1000;
        if (seconds is null)
            errors.Add(field, $"is '{Shown.Short(text)}', which is no duration; write \"7d\", \"12h\", \"30m\"");
        else if (seconds < StreamLimits.RetentionSecondsMin || seconds > StreamLimits.RetentionSecondsMax)
            errors.Add(field, $"is '{Shown.Short(text)}'; it must be from one minute to ten years");
        return seconds;
    }
}
