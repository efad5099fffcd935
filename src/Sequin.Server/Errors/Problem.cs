using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Sequin.Server.Requests;

namespace Sequin.Server.Errors;

/// <summary>
/// An error as the caller sees it: RFC 9457 problem details, with a stable <c>code</c>, the <c>trace_id</c> to look for in the logs,
/// and <c>summary</c>, which is what clients of Sequin read. Texts are written for the caller: never an exception's message or SQL.
/// </summary>
internal sealed record Problem(int Status, string Code, string Detail) : IResult
{
    public const string ContentType = "application/problem+json";
    private const int RetryAfterSecondsDefault = 1;

    /// <summary>What is wrong with each field; at 422.</summary>
    public IReadOnlyDictionary<string, string[]>? ValidationErrors { get; init; }

    public int? RetryAfterSeconds { get; init; }

    /// <summary>Members of one kind of problem only.</summary>
    public Action<Utf8JsonWriter>? Extensions { get; init; }

    public static Problem Malformed(string detail) => new(StatusCodes.Status400BadRequest, "malformed", detail);

    public static Problem WrongType(string detail) => new(StatusCodes.Status400BadRequest, "wrong_type", detail);

    public static Problem OutOfRange(string detail) => new(StatusCodes.Status400BadRequest, "out_of_range", detail);

    public static Problem NotFound(string what, string idOrName) =>
        new(StatusCodes.Status404NotFound, "not_found", $"There is no {what} '{Shown.Short(idOrName)}'.");

    public static Problem NameTaken(string what, string name) =>
        new(StatusCodes.Status409Conflict, "name_taken", $"There is already a {what} called '{name}'.");

    public static Problem Conflict(string code, string detail) => new(StatusCodes.Status409Conflict, code, detail);

    public static Problem Stale(string what, string name, long revision) => new(StatusCodes.Status412PreconditionFailed, "stale",
        string.Create(CultureInfo.InvariantCulture, $"The {what} '{Shown.Short(name)}' has the revision \"{revision}\", which If-Match ")
            + "does not name. Nothing was changed: get it again, and change that.");

    public static Problem TooLarge(long limitBytes) => new(StatusCodes.Status413PayloadTooLarge, "too_large",
        string.Create(CultureInfo.InvariantCulture, $"The body is larger than {limitBytes} bytes."));

    public static Problem NotJson() => new(StatusCodes.Status415UnsupportedMediaType, "not_json",
        "The body must be JSON: send it with the header 'Content-Type: application/json'.");

    public static Problem UnknownField(string field) => Invalid(Shown.Short(field), $"Unknown field: {Shown.Short(field)}") with
    {
        Code = "unknown_field",
        Detail = $"Unknown field: {Shown.Short(field)}",
    };

    public static Problem Invalid(string field, string error) => Invalid(new Dictionary<string, string[]> { [field] = [error] });

    public static Problem Invalid(IReadOnlyDictionary<string, string[]> errors) => new(
        StatusCodes.Status422UnprocessableEntity, "invalid",
        string.Join(" ", errors.SelectMany(field => field.Value.Select(text => Sentence(field.Key, text)))))
    {
        ValidationErrors = errors,
    };

    public static Problem TooManyRequests(string code, string detail) => new(StatusCodes.Status429TooManyRequests, code, detail)
    {
        RetryAfterSeconds = RetryAfterSecondsDefault,
    };

    public static Problem Unavailable(string code, string detail) => new(StatusCodes.Status503ServiceUnavailable, code, detail)
    {
        RetryAfterSeconds = RetryAfterSecondsDefault,
    };

    public static Problem Internal() => new(StatusCodes.Status500InternalServerError, "internal",
        "Something broke on our side. The server's log has the reason under this trace_id.");

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = ContentType;
        if (RetryAfterSeconds is { } seconds)
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (HttpMethods.IsHead(httpContext.Request.Method))
            return;

        await using var json = new Utf8JsonWriter(response.BodyWriter, new JsonWriterOptions { Encoder = WireJson.Options.Encoder });
        Write(json, Activity.Current?.TraceId.ToHexString() ?? httpContext.TraceIdentifier);
        await json.FlushAsync(httpContext.RequestAborted);
    }

    private void Write(Utf8JsonWriter json, string traceId)
    {
        json.WriteStartObject();
        json.WriteString("type", $"urn:sequin:problem:{Code}");
        json.WriteString("title", ReasonPhrases.GetReasonPhrase(Status));
        json.WriteNumber("status", Status);
        json.WriteString("detail", Detail);
        json.WriteString("code", Code);
        json.WriteString("trace_id", traceId);
        json.WriteString("summary", Detail);
        if (ValidationErrors is not null)
        {
            json.WritePropertyName("validation_errors");
            JsonSerializer.Serialize(json, ValidationErrors, WireJson.Options);
        }

        Extensions?.Invoke(json);
        json.WriteEndObject();
    }

    // "is required" needs its subject; a whole sentence does not.
    private static string Sentence(string field, string text) => char.IsLower(text[0]) ? $"{field} {text}." : text;
}
