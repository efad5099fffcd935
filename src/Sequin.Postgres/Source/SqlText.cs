namespace Sequin.Postgres.Source;

/// <summary>Names and texts inside SQL that takes no parameters. Always quoted: no list of keywords to keep.</summary>
internal static class SqlText
{
    public static string Identifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>Holds whatever <c>standard_conforming_strings</c> is: a backslash makes it an escape string.</summary>
    public static string Literal(string text)
    {
        var quoted = $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
        return quoted.Contains('\\', StringComparison.Ordinal) ? $"E{quoted.Replace("\\", "\\\\", StringComparison.Ordinal)}" : quoted;
    }
}
