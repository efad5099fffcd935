using System.Text.RegularExpressions;

namespace Sequin.Postgres.Source.Tables;

/// <summary>
/// A table of a source. Text form as in SQL, quoted where needed: <c>public.orders</c>, <c>"Odd.Schema"."T 1"</c>. Unlike SQL,
/// an unquoted part keeps its case, so a name copied from a message's metadata finds its table.
/// </summary>
public readonly partial record struct TableName(string Schema, string Name)
{
    /// <summary><c>schema.table</c> as messages and segments carry it; not unique when a name holds a dot.</summary>
    public string Unquoted => $"{Schema}.{Name}";

    /// <summary>Both parts quoted, for SQL.</summary>
    public string ToSql() => $"{SqlText.Identifier(Schema)}.{SqlText.Identifier(Name)}";

    /// <summary>A name without a schema is one in <c>public</c>.</summary>
    public static bool TryParse(string? text, out TableName name)
    {
        name = default;
        if (text is null || !TryReadPart(text.Trim(), out var first, out var rest))
            return false;
        if (rest.Length == 0)
        {
            name = new TableName("public", first);
            return true;
        }

        if (rest[0] != '.' || !TryReadPart(rest[1..], out var second, out var after) || after.Length > 0)
            return false;
        name = new TableName(first, second);
        return true;
    }

    public override string ToString() => $"{WhereNeeded(Schema)}.{WhereNeeded(Name)}";

    private static string WhereNeeded(string part) => Plain().IsMatch(part) ? part : SqlText.Identifier(part);

    private static bool TryReadPart(string text, out string part, out string rest)
    {
        if (!text.StartsWith('"'))
        {
            var end = text.IndexOfAny(['.', '"']);
            (part, rest) = end < 0 ? (text, "") : (text[..end], text[end..]);
            return part.Length > 0 && !rest.StartsWith('"');
        }

        var quoted = QuotedPart().Match(text);
        part = quoted.Success ? quoted.Groups[1].Value.Replace("\"\"", "\"", StringComparison.Ordinal) : "";
        rest = quoted.Success ? text[quoted.Length..] : "";
        return part.Length > 0;
    }

    [GeneratedRegex("^[a-z_][a-z0-9_]*$")]
    private static partial Regex Plain();

    [GeneratedRegex("^\"((?:[^\"]|\"\")+)\"")]
    private static partial Regex QuotedPart();
}
