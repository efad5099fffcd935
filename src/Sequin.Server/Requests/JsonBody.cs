using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Sequin.Server.Errors;

namespace Sequin.Server.Requests;

/// <summary>
/// Reads a JSON object strictly: a key that nobody would read is an error (422), a key that stands twice too (400), because what was
/// meant is a guess. Wrong types are 400. The parser's own messages stay here: they speak of .NET.
/// </summary>
internal static class JsonBody
{
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = RequestLimits.JsonDepthMax };

    public static async ValueTask<(T Value, GivenFields Given)> ReadAsync<T>(HttpContext context) where T : class
    {
        var bytes = await RequestBytes.ReadAsync(context);
        try
        {
            return (Parse<T>(bytes.Content, out var given), given);
        }
        finally
        {
            bytes.Release();
        }
    }

    internal static T Parse<T>(ReadOnlySequence<byte> content) where T : class => Parse<T>(content, out _);

    private static T Parse<T>(ReadOnlySequence<byte> content, out GivenFields given) where T : class
    {
        using var document = Document(content);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new ProblemException(Problem.WrongType("The body must be a JSON object."));

        try
        {
            JsonKeys.Check(document.RootElement, WireJson.Options.GetTypeInfo(typeof(T)));
            given = new GivenFields(document.RootElement.EnumerateObject().Select(field => field.Name).ToHashSet(StringComparer.Ordinal));
            return document.RootElement.Deserialize<T>(WireJson.Options)!;
        }
        catch (JsonException wrong)
        {
            throw new ProblemException(Problem.WrongType($"{FieldOf(wrong.Path)} has the wrong type."));
        }
        catch (InvalidOperationException)
        {
            throw new ProblemException(NotText());
        }
    }

    internal static Problem Malformed(JsonException exception) => Problem.Malformed(string.Create(CultureInfo.InvariantCulture,
        $"The body is not valid JSON: line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}."));

    /// <summary>Bytes that are not UTF-8, or half a surrogate pair, are only noticed when a string is read.</summary>
    internal static Problem NotText() => Problem.Malformed("The body is not valid JSON: a string in it is not valid Unicode.");

    private static JsonDocument Document(ReadOnlySequence<byte> content)
    {
        if (content.IsEmpty)
            throw new ProblemException(Problem.Malformed("The body is empty; a JSON object is expected."));
        try
        {
            return JsonDocument.Parse(content, Reading);
        }
        catch (JsonException malformed)
        {
            throw new ProblemException(Malformed(malformed));
        }
    }

    private static string FieldOf(string? path) => path is { Length: > 2 } ? Shown.Short(path[2..]) : "The body";
}
