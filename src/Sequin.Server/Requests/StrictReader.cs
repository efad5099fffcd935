using System.Buffers;
using System.Text.Json;
using Sequin.Server.Errors;

namespace Sequin.Server.Requests;

/// <summary>
/// Walks one JSON object with <see cref="Utf8JsonReader"/>. The reader itself throws on anything malformed; <see cref="Guard"/>
/// turns that into a 400.
/// </summary>
internal static class StrictReader
{
    public static Utf8JsonReader Open(in ReadOnlySequence<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = RequestLimits.JsonDepthMax });
        if (reader.Read() && reader.TokenType != JsonTokenType.StartObject)
            throw new ProblemException(Problem.WrongType("The body must be a JSON object."));
        return reader;
    }

    /// <summary>Moves to the next property's name; at the end makes sure that nothing follows the object.</summary>
    public static bool NextProperty(ref Utf8JsonReader reader)
    {
        if (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            return true;
        reader.Read();
        return false;
    }

    /// <summary>Refuses the property that the reader stands on, unless the body is malformed further on: that goes first.</summary>
    public static ProblemException Unknown(ref Utf8JsonReader reader)
    {
        var name = reader.GetString()!;
        while (reader.Read())
        {
            // To the end.
        }

        return new ProblemException(Problem.UnknownField(name));
    }

    public static T Guard<T>(in ReadOnlySequence<byte> body, Parser<T> parse)
    {
        try
        {
            return parse(body);
        }
        catch (JsonException malformed)
        {
            throw new ProblemException(JsonBody.Malformed(malformed));
        }
        catch (InvalidOperationException)
        {
            throw new ProblemException(JsonBody.NotText());
        }
    }
}

internal delegate T Parser<out T>(in ReadOnlySequence<byte> body);
