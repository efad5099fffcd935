using System.Buffers;
using System.Text.Json;
using Sequin.Server.Errors;
using Sequin.Server.Requests;
using static Sequin.Server.Receiving.ReceivingLimits;

namespace Sequin.Server.Receiving;

/// <summary>The receipts of an ack or a nack.</summary>
/// <param name="Receipts">As the caller wrote them: whether one is any good is for the consumer to say.</param>
/// <param name="Delay">Of a nack: until the messages are delivered again.</param>
internal sealed record ReceiptRequest(string[] Receipts, TimeSpan Delay);

/// <summary>Reads the body of an ack or a nack. Hot path: straight from the connection's buffers, one string a receipt.</summary>
internal static class ReceiptParser
{
    private static readonly LimitedField Delay = new("delay", 0, NackDelayMsMax, IsDuration: true);

    public static ReceiptRequest Ack(in ReadOnlySequence<byte> body) => Parse(body, withDelay: false);

    public static ReceiptRequest Nack(in ReadOnlySequence<byte> body) => Parse(body, withDelay: true);

    private static ReceiptRequest Parse(in ReadOnlySequence<byte> body, bool withDelay)
    {
        if (body.IsEmpty)
            throw new ProblemException(Problem.Malformed("The body is empty; {\"ack_ids\":[…]} is expected."));

        string[]? receipts = null;
        long? delayMs = null;
        var reader = StrictReader.Open(body);
        while (StrictReader.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("ack_ids"u8) || reader.ValueTextEquals("ack_tokens"u8))
            {
                if (receipts is not null)
                    throw Twice("ack_ids");
                receipts = Receipts(ref reader);
            }
            else if (withDelay && reader.ValueTextEquals("delay"u8))
            {
                if (delayMs is not null)
                    throw Twice("delay");
                reader.Read();
                delayMs = reader.TokenType == JsonTokenType.Null ? 0 : Delay.Read(ref reader);
            }
            else
            {
                throw StrictReader.Unknown(ref reader);
            }
        }

        if (receipts is null)
            throw new ProblemException(Problem.Invalid("ack_ids", "is required"));
        return new ReceiptRequest(receipts, TimeSpan.FromMilliseconds(delayMs ?? 0));
    }

    private static string[] Receipts(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new ProblemException(Problem.WrongType("ack_ids must be a list of strings."));

        var receipts = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.String)
                throw new ProblemException(Problem.WrongType("ack_ids must be a list of strings."));
            if (receipts.Count == ReceiptsMax)
                throw Count($"more than {ReceiptsMax}");
            receipts.Add(reader.GetString()!);
        }

        return receipts.Count == 0 ? throw Count("none") : [.. receipts];
    }

    private static ProblemException Count(string found) =>
        new(Problem.OutOfRange($"ack_ids has {found}; it must have from 1 to {ReceiptsMax}."));

    private static ProblemException Twice(string field) => new(Problem.Malformed($"{field} is there twice."));
}
