using System.Text;
using Sequin.Torture.Load;

namespace Sequin.Torture.Oracles;

/// <summary>
/// Reads the text of PostgreSQL's <c>test_decoding</c>: another plugin and another parser than the product's, so that both would have
/// to be wrong in the same way.
/// <code>
/// table public.items: UPDATE: old-key: region[text]:'it''s' no[integer]:7 … new-tuple: region[text]:'it''s' no[integer]:8 …
/// </code>
/// </summary>
internal ref struct TestDecodingLine
{
    private const string TablePrefix = "table ";
    private const string OldKey = "old-key: ";
    private const string NewTuple = "new-tuple: ";

    private readonly string _text;
    private ReadOnlySpan<char> _rest;

    private TestDecodingLine(string text)
    {
        _text = text;
        _rest = text.AsSpan(TablePrefix.Length);
    }

    public static bool IsChange(string text) => text.StartsWith(TablePrefix, StringComparison.Ordinal);

    public static OracleChange Parse(string text, int ordinal)
    {
        var line = new TestDecodingLine(text);
        var table = line.Until(": ").ToString();
        var action = line.Until(": ") switch
        {
            "INSERT" => "insert",
            "UPDATE" => "update",
            "DELETE" => "delete",
            _ => throw line.Unreadable(),
        };
        if (line.Skip(OldKey))
            line.Tuple(NewTuple);
        var values = line.Tuple(end: null);
        var key = TortureTables.KeyText(table, TortureTables.KeyOf(table).Select(column => values[column]));
        return new OracleChange(table, action, key, values, EndLsn: 0, ordinal);
    }

    /// <summary>Columns up to a mark that is taken too, or to the end.</summary>
    private Dictionary<string, string?> Tuple(string? end)
    {
        var values = new Dictionary<string, string?>();
        while (_rest.Length > 0 && (end is null || !Skip(end)))
        {
            var name = Until("[").ToString();
            Until("]:");
            values[name] = Value();
            Skip(" ");
        }

        return values;
    }

    private string? Value()
    {
        if (Skip("'"))
            return Quoted();
        var end = _rest.IndexOf(' ');
        var value = end < 0 ? _rest : _rest[..end];
        _rest = _rest[value.Length..];
        return value is "null" ? null : value.ToString();
    }

    // Behind the opening quote; a quote inside is doubled, nothing else is escaped.
    private string Quoted()
    {
        var value = new StringBuilder();
        while (true)
        {
            value.Append(Until("'"));
            if (!Skip("'"))
                return value.ToString();
            value.Append('\'');
        }
    }

    private bool Skip(string mark)
    {
        if (!_rest.StartsWith(mark))
            return false;
        _rest = _rest[mark.Length..];
        return true;
    }

    private ReadOnlySpan<char> Until(string mark)
    {
        var at = _rest.IndexOf(mark);
        if (at < 0)
            throw Unreadable();
        var found = _rest[..at];
        _rest = _rest[(at + mark.Length)..];
        return found;
    }

    private readonly FormatException Unreadable() =>
        new($"Not a line of test_decoding, at character {_text.Length - _rest.Length}: {_text}");
}
