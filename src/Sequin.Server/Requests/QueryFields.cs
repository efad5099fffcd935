using System.Globalization;
using Sequin.Server.Errors;

namespace Sequin.Server.Requests;

/// <summary>Query parameters, read strictly: one that nothing reads is 422, one that stands twice or is not valid 400.</summary>
internal sealed class QueryFields
{
    private readonly IQueryCollection _query;

    /// <exception cref="ProblemException">There is another parameter than those known.</exception>
    public QueryFields(IQueryCollection query, params ReadOnlySpan<string> known)
    {
        foreach (var name in query.Keys)
        {
            if (!known.Contains(name))
                throw new ProblemException(Problem.UnknownField(name));
            if (query[name].Count > 1)
                throw new ProblemException(Problem.Malformed($"{name} is there twice."));
        }

        _query = query;
    }

    public string? Text(string name) => _query[name];

    public int Limit(int byDefault)
    {
        if (Text("limit") is not { } text)
            return byDefault;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= Page.LimitMax
            ? limit
            : throw new ProblemException(Problem.OutOfRange(
                $"limit is \"{Shown.Short(text)}\"; it must be a whole number from 1 to {Page.LimitMax}."));
    }

    public T? OneOf<T>(string name) where T : struct, Enum
    {
        if (Text(name) is not { } text)
            return null;
        return WireNames.Find<T>(text) ?? throw Wrong(name, text, $"one of {WireNames.List<T>()}");
    }

    public Guid? Id(string name)
    {
        if (Text(name) is not { } text)
            return null;
        return Guid.TryParse(text, out var id) ? id : throw Wrong(name, text, "the id of the last item of the page before");
    }

    public long? Offset(string name)
    {
        if (Text(name) is not { } text)
            return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            ? offset
            : throw Wrong(name, text, "an offset, a whole number from 0");
    }

    private static ProblemException Wrong(string name, string text, string rule) =>
        new(Problem.WrongType($"{name} is \"{Shown.Short(text)}\"; it must be {rule}."));
}
