using System.Text;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Source.Tables;
using Sequin.Server.Errors;
using Sequin.Server.Requests;
using static Sequin.Server.Consumers.ConsumerLimits;

namespace Sequin.Server.Consumers;

/// <summary>
/// Which tables a consumer reads, and how each is grouped. As published, <c>source</c> chooses tables and <c>tables</c> configures
/// them. Without a <c>source</c>, as older clients write it, <c>tables</c> does both.
/// </summary>
/// <param name="Names">As <c>schema.table</c> unquoted; empty: all.</param>
/// <param name="GroupColumns">By table.</param>
internal sealed record ConsumerTables(
    IReadOnlyList<string> Names, IReadOnlyDictionary<string, IReadOnlyList<string>> GroupColumns)
{
    private const string GroupColumnsField = "tables.group_column_names";

    public static ConsumerTables Parse(FieldErrors errors, ConsumerRequest request, GivenFields given, ConsumerConfig present)
    {
        RefuseUnsupported(errors, request.Source);
        var (configured, groups) = Configured(errors, request.Tables);
        var included = Included(errors, request.Source);
        var (choosesBySource, configures) = (given.Has("source"), given.Has("tables"));
        if (configures && !choosesBySource)
            RefuseNarrowing(errors, configured, present.Tables);

        IReadOnlyList<string> names = (choosesBySource, configures) switch
        {
            (true, true) => request.Source is null ? configured : included,
            (true, false) => included,
            (false, true) => configured,
            (false, false) => present.Tables,
        };
        if (configures)
            RefuseOutside(errors, names, groups.Keys);
        return new ConsumerTables(names, configures ? groups : Of(names, present.GroupColumns));
    }

    private static void RefuseUnsupported(FieldErrors errors, ConsumerSourceRequest? source)
    {
        foreach (var (field, names) in new[]
        {
            ("source.include_schemas", source?.IncludeSchemas), ("source.exclude_schemas", source?.ExcludeSchemas),
            ("source.exclude_tables", source?.ExcludeTables),
        })
        {
            if (names is { Count: > 0 })
                errors.Add(field, "is not supported; name the tables in source.include_tables");
        }
    }

    private static (List<string> Names, Dictionary<string, IReadOnlyList<string>> Groups) Configured(
        FieldErrors errors, IReadOnlyList<ConsumerTableRequest?>? tables)
    {
        var names = new List<string>();
        var groups = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var table in tables ?? [])
        {
            var name = Add(errors, "tables", names, table?.Name);
            if (table?.GroupColumnNames is not { } columns)
                continue;
            var group = Columns(errors, columns);
            if (name is not null && !groups.TryAdd(name, group))
                errors.Add(GroupColumnsField, $"stands twice for {Shown.Short(name)}");
        }

        return (names, groups);
    }

    private static List<string> Included(FieldErrors errors, ConsumerSourceRequest? source)
    {
        var names = new List<string>();
        foreach (var table in source?.IncludeTables ?? [])
            Add(errors, "source.include_tables", names, table);
        return names;
    }

    // What a consumer stops reading passes it by for good; nobody should do that by configuring a table.
    private static void RefuseNarrowing(FieldErrors errors, List<string> configured, IReadOnlyList<string> present)
    {
        if (configured.Count == 0)
            return;
        var dropped = present.Except(configured).ToList();
        if (present.Count == 0)
            errors.Add("source", "Without source, tables would choose what is read, and the consumer reads all tables. "
                + "Give source too: {} for all, or include_tables.");
        else if (dropped.Count > 0)
            errors.Add("source", $"Without source, tables chooses what is read, and {Shown.Short(dropped[0])} would be left out. "
                + "Give source.include_tables too.");
    }

    private static void RefuseOutside(FieldErrors errors, IReadOnlyList<string> names, IEnumerable<string> grouped)
    {
        if (names.Count > 0 && grouped.FirstOrDefault(table => !names.Contains(table)) is { } outside)
            errors.Add(GroupColumnsField, $"stands for {Shown.Short(outside)}, which is not in source.include_tables");
    }

    private static Dictionary<string, IReadOnlyList<string>> Of(
        IReadOnlyList<string> names, IReadOnlyDictionary<string, IReadOnlyList<string>> groups) =>
        groups.Where(group => names.Count == 0 || names.Contains(group.Key)).ToDictionary();

    private static List<string> Columns(FieldErrors errors, IReadOnlyList<string?> columns)
    {
        var names = new List<string>();
        if (columns.Count is 0 or > GroupColumnsMax)
            errors.Add(GroupColumnsField, $"has {columns.Count} columns; it must have from 1 to {GroupColumnsMax}");
        foreach (var column in columns.Take(GroupColumnsMax))
        {
            if (string.IsNullOrEmpty(column) || column.Contains('\0', StringComparison.Ordinal)
                || Encoding.UTF8.GetByteCount(column) > ColumnBytesMax)
                errors.Add(GroupColumnsField, $"has '{Shown.Short(column ?? "null")}', which is no column's name");
            else if (names.Contains(column))
                errors.Add(GroupColumnsField, $"has {Shown.Short(column)} twice");
            else
                names.Add(column);
        }

        return names;
    }

    private static string? Add(FieldErrors errors, string field, List<string> names, string? table)
    {
        if (table is null || !TableName.TryParse(table, out var name) || table.Contains('\0', StringComparison.Ordinal))
        {
            errors.NoTableName(field, table);
            return null;
        }

        if (names.Contains(name.Unquoted))
            return name.Unquoted;
        if (names.Count == TablesMax)
            errors.Add(field, $"has more than {TablesMax} entries");
        else
            names.Add(name.Unquoted);
        return name.Unquoted;
    }
}
