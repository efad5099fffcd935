using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Receiving;

/// <summary>
/// A whole number with its limits, as JSON or as a query parameter. Durations are milliseconds and may have a unit
/// (<see cref="DurationText"/>). What is no number is <c>wrong_type</c>, what is outside the limits <c>out_of_range</c>, both 400
/// with value and limits.
/// </summary>
internal sealed record LimitedField(string Name, long Min, long Max, bool IsDuration)
{
    private const int ShownMax = 40;

    public long Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number)
            return reader.TryGetInt64(out var number) ? Within(number, Raw(reader)) : throw Wrong(Raw(reader));
        if (reader.TokenType == JsonTokenType.String)
            return Parse(reader.GetString()!);
        throw Wrong(reader.TokenType switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list",
            _ => Raw(reader),
        });
    }

    public long Parse(string text)
    {
        var shown = $"\"{Cut(text)}\"";
        if (IsDuration)
            return DurationText.ParseMs(text) is { } ms ? Within(ms, shown) : throw Wrong(shown);
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? Within(number, shown)
            : throw Wrong(shown);
    }

    private long Within(long value, string shown) => value >= Min && value <= Max
        ? value
        : throw new ProblemException(Problem.OutOfRange($"{Name} is {shown}; it must be {Limits}."));

    private ProblemException Wrong(string shown) => new(Problem.WrongType($"{Name} is {shown}; it must be {Limits}."));

    private string Limits => IsDuration
        ? $"from {Min} to {Max} milliseconds, or a duration like \"30s\", \"1500ms\", \"5m\""
        : $"a whole number from {Min} to {Max}";

    private static string Raw(in Utf8JsonReader reader) =>
        Cut(Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan));

    private static string Cut(string text) => Shown.Short(text.Length <= ShownMax ? text : string.Concat(text.AsSpan(0, ShownMax), "…"));
}
