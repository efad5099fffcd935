using Sequin.Postgres.Source.Tables;
using Sequin.Server.Errors;
using Sequin.Server.Receiving;

namespace Sequin.Server.Streams;

/// <summary>What a read of a stream asks for: a page behind an offset, or the last message of one row.</summary>
/// <param name="After">Null: from the oldest message that is kept.</param>
/// <param name="Limit">Messages, at most.</param>
/// <param name="Wait">For the first message.</param>
/// <param name="Table">Of the row; null: a page is asked for.</param>
/// <param name="Key">Of the row, as in <c>record_pks</c>.</param>
/// <param name="Before">Where the search for the row begins; null: at the end.</param>
internal sealed record StreamQuery(long? After, int Limit, TimeSpan Wait, TableName? Table, IReadOnlyList<string> Key, long? Before)
{
    private static readonly LimitedField AfterField = new("after", 0, long.MaxValue, IsDuration: false);
    private static readonly LimitedField BeforeField = new("before", 1, long.MaxValue, IsDuration: false);
    private static readonly LimitedField LimitField = new("limit", 1, StreamLimits.MessagesMax, IsDuration: false);
    private static readonly LimitedField WaitField = new("wait_for", 0, StreamLimits.WaitMsMax, IsDuration: true);
    private static readonly LimitedField LastEventId = new("Last-Event-ID", 0, long.MaxValue, IsDuration: false);

    public static StreamQuery ForMessages(IQueryCollection query)
    {
        RefuseUnknown(query, ["after", "limit", "wait_for", "table", "pk", "before"]);
        var parsed = new StreamQuery(
            Number(query, AfterField), (int)(Number(query, LimitField) ?? StreamLimits.MessagesDefault),
            TimeSpan.FromMilliseconds(Number(query, WaitField) ?? 0), Table: null, Key: [], Number(query, BeforeField));
        if (!query.ContainsKey("table") && !query.ContainsKey("pk"))
            return parsed.Before is null ? parsed : throw Invalid("before", "goes with table and pk only");
        if (parsed.After is not null || query.ContainsKey("limit") || query.ContainsKey("wait_for"))
            throw Invalid("pk", "asks for the last message of one row; after, limit and wait_for do not go with it");
        return parsed with { Table = ReadTable(query), Key = ReadKey(query) };
    }

    /// <returns>Where a tail begins; null: now. A client that comes back says so in a header, beside the address it first had.</returns>
    public static long? ForTail(HttpRequest request)
    {
        RefuseUnknown(request.Query, ["after"]);
        var after = Number(request.Query, AfterField);
        return request.Headers["Last-Event-ID"] is [{ Length: > 0 } last] ? LastEventId.Parse(last) : after;
    }

    private static long? Number(IQueryCollection query, LimitedField field) => query[field.Name] switch
    {
        [] => null,
        [var text] => field.Parse(text ?? ""),
        _ => throw new ProblemException(Problem.Malformed($"{field.Name} is there twice.")),
    };

    private static TableName ReadTable(IQueryCollection query) => query["table"] switch
    {
        [] => throw Invalid("table", "is required beside pk"),
        [var text] when TableName.TryParse(text, out var table) => table,
        [var text] => throw Invalid("table",
            $"is '{Shown.Short(text ?? "")}', which is no table name; write schema.table, quoted as in SQL where needed"),
        _ => throw new ProblemException(Problem.Malformed("table is there twice.")),
    };

    private static List<string> ReadKey(IQueryCollection query)
    {
        var key = query["pk"].Select(value => value ?? "").ToList();
        if (key.Count is 0 or > StreamLimits.KeyColumnsMax)
            throw Invalid("pk",
                $"has {key.Count} values; give one for each column of the primary key, at most {StreamLimits.KeyColumnsMax}");
        return key;
    }

    private static void RefuseUnknown(IQueryCollection query, string[] known)
    {
        if (query.Keys.FirstOrDefault(name => !known.Contains(name)) is { } unknown)
            throw new ProblemException(Problem.UnknownField(unknown));
    }

    private static ProblemException Invalid(string field, string error) => new(Problem.Invalid(field, error));
}
