using Npgsql;
using Sequin.Testing;
using Sequin.Torture.Verdicts;

namespace Sequin.Torture.Folding;

/// <summary>Compares the fold of the stream with the tables, value by value.</summary>
internal static class FoldVerdict
{
    public static async Task<long> JudgeAsync(
        NpgsqlDataSource source, StreamFold fold, Findings findings, CancellationToken cancellationToken)
    {
        var former = await FormerNamesAsync(source, cancellationToken);
        var count = 0L;
        foreach (var table in FoldTables.All)
        {
            var rows = await ReadAsync(source, table, cancellationToken);
            var folded = fold.Rows(table);
            count += rows.Count;
            foreach (var (key, row) in rows)
            {
                if (!folded.TryGetValue(key, out var seen))
                    findings.Add(FindingKinds.Lost, $"{table} {key} is in the table and not in the fold");
                else if (Difference(row, seen, former) is { } difference)
                    findings.Add(FindingKinds.Different, $"{table} {key}: {difference}");
            }

            foreach (var key in folded.Keys.Where(key => !rows.ContainsKey(key)))
                findings.Add(FindingKinds.Invented, $"{table} {key} is in the fold and not in the table");
        }

        return count;
    }

    private static string? Difference(
        Dictionary<string, string?> row, Dictionary<string, string?> seen, Dictionary<string, string> former)
    {
        foreach (var (column, value) in row)
        {
            var folded = Folded(column, seen, former);
            if (folded != value)
                return $"{column} is {folded ?? "null"} in the fold, {value ?? "null"} in the table";
        }

        return null;
    }

    // A row that was last written before a column was renamed has it under the former name; before it was added, not at all: null.
    private static string? Folded(string column, Dictionary<string, string?> seen, Dictionary<string, string> former)
    {
        for (var name = column; ; name = former[name])
        {
            if (seen.TryGetValue(name, out var value))
                return value;
            if (!former.ContainsKey(name))
                return null;
        }
    }

    private static async Task<Dictionary<string, string>> FormerNamesAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        var names = new Dictionary<string, string>();
        await using var command = source.CreateCommand("SELECT present, former FROM renames");
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            names.Add(rows.GetString(0), rows.GetString(1));
        return names;
    }

    private static async Task<Dictionary<string, Dictionary<string, string?>>> ReadAsync(
        NpgsqlDataSource source, string table, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand($"SELECT * FROM {table}");
        command.AllResultTypesAreUnknown = true;
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var all = new Dictionary<string, Dictionary<string, string?>>();
        while (await rows.ReadAsync(cancellationToken))
        {
            var row = new Dictionary<string, string?>();
            for (var column = 0; column < rows.FieldCount; column++)
                row.Add(rows.GetName(column), rows.IsDBNull(column) ? null : rows.GetString(column));
            all.Add(StreamedChange.KeyText(FoldTables.KeyOf(table).Select(column => row[column])), row);
        }

        return all;
    }
}
