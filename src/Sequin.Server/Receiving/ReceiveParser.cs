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
            foreach (var value in values)
                SetFromQuery(ref fields, name, value ?? "");
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
            SetFromJson(ref fields, ref reader);
        return fields.ToRequest();
    }

    private static void SetFromQuery(ref ReceiveFields fields, string name, string value)
    {
        if (FieldOf(name) is { } field)
            fields.Set(field, field.Parse(value));
        else if (name == ReceiveFields.RequestId)
            fields.SetRequestId(value);
        else if (name == ReceiveFields.AutoAck)
            fields.SetAutoAck(value switch { "true" => true, "false" => false, _ => throw NotBoolean($"\"{Shown.Short(value)}\"") });
        else
            throw new ProblemException(Problem.UnknownField(name));
    }

    private static void SetFromJson(ref ReceiveFields fields, ref Utf8JsonReader reader)
    {
        var field = FieldOf(ref reader);
        var isRequestId = field is null && reader.ValueTextEquals("request_id"u8);
        if (field is null && !isRequestId && !reader.ValueTextEquals("auto_ack"u8))
            throw StrictReader.Unknown(ref reader);

        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
            return;
        if (field is not null)
            fields.Set(field, field.Read(ref reader));
        else if (isRequestId)
            fields.SetRequestId(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw NotText());
        else
            fields.SetAutoAck(reader.TokenType is JsonTokenType.True or JsonTokenType.False ? reader.GetBoolean() : throw NotBoolean(""));
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

    private static ProblemException NotText() => new(Problem.WrongType("request_id must be a string."));

    private static ProblemException NotBoolean(string shown) =>
        new(Problem.WrongType($"auto_ack{(shown.Length == 0 ? "" : $" is {shown}; it")} must be true or false."));
}
