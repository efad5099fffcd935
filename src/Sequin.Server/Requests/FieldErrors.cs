using Sequin.Server.Errors;

namespace Sequin.Server.Requests;

/// <summary>Collects everything that is not valid in a request, so that the caller learns all of it at once (422).</summary>
internal sealed class FieldErrors
{
    private readonly Dictionary<string, List<string>> _errors = [];

    public bool Any => _errors.Count > 0;

    /// <summary>Texts so far.</summary>
    public int Count { get; private set; }

    public void Add(string field, string error)
    {
        if (!_errors.TryGetValue(field, out var texts))
            _errors[field] = texts = [];
        texts.Add(error);
        Count++;
    }

    /// <summary>The text of a field that must be there, or an empty one and an error.</summary>
    public string Required(string field, string? value)
    {
        if (string.IsNullOrEmpty(value))
            Add(field, "is required");
        else
            return Text(field, value)!;
        return "";
    }

    /// <summary>PostgreSQL's text holds no NUL, and nothing of ours is longer.</summary>
    public string? Text(string field, string? value)
    {
        if (value is { Length: > TextCharactersMax })
            Add(field, $"has more than {TextCharactersMax} characters");
        else if (value?.Contains('\0', StringComparison.Ordinal) == true)
            Add(field, "has a NUL character");
        return value;
    }

    /// <summary>A resource's name: <see cref="ResourceName"/>.</summary>
    public string Name(string field, string? value)
    {
        if (string.IsNullOrEmpty(value))
            Add(field, "is required");
        else if (ResourceName.Refusal(value) is { } refusal)
            Add(field, refusal);
        return value ?? "";
    }

    public void NoTableName(string field, string? text) => Add(field,
        $"has '{Shown.Short(text ?? "null")}', which is no table name; write schema.table, quoted as in SQL where needed");

    public void ThrowIfAny()
    {
        if (Any)
            throw new ProblemException(Problem.Invalid(_errors.ToDictionary(field => field.Key, field => field.Value.ToArray())));
    }

    private const int TextCharactersMax = 1000;
}
