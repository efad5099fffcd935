using System.Globalization;
using System.Text;
using System.Text.Json;
using Sequin.Postgres.Source.Tables;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Messages;

/// <summary>What messages are asked for by what is in them; null: anything.</summary>
/// <param name="Table">As <c>schema.table</c> unquoted.</param>
/// <param name="Key">All values of the primary key.</param>
/// <param name="Text">Stands in the stored JSON.</param>
/// <param name="From">Then or later.</param>
/// <param name="To">Before.</param>
internal sealed record MessageCriteria(
    string? Table, IReadOnlyList<string>? Key, string? Text, DateTimeOffset? From, DateTimeOffset? To)
{
    public static readonly string[] Names = ["table", "pk", "q", "from", "to"];

    private const int TextCharactersMax = 1000;
    private static readonly string[] TimeFormats = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK"];

    public bool IsEmpty => (Table ?? Text) is null && Key is null && From is null && To is null;

    public byte[]? TextBytes => Text is null ? null : Encoding.UTF8.GetBytes(Text);

    /// <exception cref="ProblemException">400: a parameter is not valid.</exception>
    public static MessageCriteria FromQuery(QueryFields query) => Parse(
        query.Text("table"), query.Text("pk"), query.Text("q"), query.Text("from"), query.Text("to"),
        (field, error) => throw new ProblemException(Problem.WrongType($"{field} {error}.")));

    /// <param name="table">As in SQL.</param>
    /// <param name="pk">Values between commas, or a JSON list.</param>
    /// <param name="text">Any.</param>
    /// <param name="from">ISO 8601.</param>
    /// <param name="to">ISO 8601.</param>
    /// <param name="refuse">Takes a field and what is wrong with it.</param>
    public static MessageCriteria Parse(
        string? table, string? pk, string? text, string? from, string? to, Action<string, string> refuse)
    {
        var criteria = new MessageCriteria(
            ReadTable(table, refuse), ReadKey(pk, refuse), ReadText(text, refuse),
            ReadTime("from", from, refuse), ReadTime("to", to, refuse));
        if (criteria.From >= criteria.To)
            refuse("to", "must be later than from");
        return criteria;
    }

    private static string? ReadTable(string? text, Action<string, string> refuse)
    {
        if (text is null)
            return null;
        if (TableName.TryParse(text, out var name) && !text.Contains('\0', StringComparison.Ordinal))
            return name.Unquoted;
        refuse("table", $"is '{Shown.Short(text)}', which is no table name; write schema.table, quoted as in SQL where needed");
        return null;
    }

    private static string[]? ReadKey(string? text, Action<string, string> refuse)
    {
        if (text is null)
            return null;
        var values = text.StartsWith('[') ? ReadList(text) : text.Split(',');
        if (values is { Length: > 0 } && !values.Any(value => value is null || value.Contains('\0', StringComparison.Ordinal))
            && text.Length > 0)
            return values!;
        refuse("pk", $"is '{Shown.Short(text)}'; it must be the key's values between commas, or a JSON list of strings: [\"a,b\",\"2\"]");
        return null;
    }

    private static string?[]? ReadList(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<string?[]>(json);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? ReadText(string? text, Action<string, string> refuse)
    {
        if (text is { Length: 0 or > TextCharactersMax })
            refuse("q", $"has {text.Length} characters; it must have from 1 to {TextCharactersMax}");
        return text;
    }

    private static DateTimeOffset? ReadTime(string field, string? text, Action<string, string> refuse)
    {
        if (text is null)
            return null;
        if (DateTimeOffset.TryParseExact(text, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return time.ToUniversalTime();
        refuse(field, $"is '{Shown.Short(text)}'; it must be a time like 2026-03-20T15:30:00Z (in a URL a '+' is written %2B)");
        return null;
    }
}
