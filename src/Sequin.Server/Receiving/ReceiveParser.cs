using System.Buffers;
using System.Text.Json;
using Sequin.Grains.Consumers;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Receiving;

/// <summary>Reads what a receive asks for. Hot path: straight from the connection's buffers, no objects between.</summary>
internal static class ReceiveParser
{
    public static ReceiveRequest FromQuery(IQueryCollection query)
    {
        var fields = new ReceiveFields();
        foreach (var (name, values) in query)
        {
            var field = FieldOf(name) ?? throw new ProblemException(Problem.UnknownField(name));
            foreach (var value in values)
                fields.Set(field, field.Parse(value ?? ""));
        }

        return fields.ToRequest();
    }

    /// <param name="body">A JSON object, or nothing: the defaults.</param>
    public static ReceiveRequest FromJson(in ReadOnlySequence<byte> body)
    {
        var fields = new ReceiveFields();
        if (body.IsEmpty)
            return fields.ToRequest();

        var reader = StrictReader.Open(body);
        while (StrictReader.NextProperty(ref reader))
        {
            var field = FieldOf(ref reader) ?? throw StrictReader.Unknown(ref reader);
            reader.Read();
            if (reader.TokenType != JsonTokenType.Null)
                fields.Set(field, field.Read(ref reader));
        }

        return fields.ToRequest();
    }

    private static LimitedField? FieldOf(string name) => name switch
    {
        "batch_size" or "max_batch_size" => ReceiveFields.BatchSize,
        "wait_for" => ReceiveFields.WaitFor,
        "visibility_timeout" => ReceiveFields.VisibilityTimeout,
        _ => null,
    };

    private static LimitedField? FieldOf(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("batch_size"u8) || reader.ValueTextEquals("max_batch_size"u8))
            return ReceiveFields.BatchSize;
        if (reader.ValueTextEquals("wait_for"u8))
            return ReceiveFields.WaitFor;
        return reader.ValueTextEquals("visibility_timeout"u8) ? ReceiveFields.VisibilityTimeout : null;
    }
}
