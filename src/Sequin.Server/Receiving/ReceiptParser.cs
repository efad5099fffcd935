using System.Buffers;
using System.Text.Json;
using Sequin.Server.Errors;
using Sequin.Server.Requests;
using static Sequin.Server.Receiving.ReceivingLimits;

namespace Sequin.Server.Receiving;

/// <summary>The receipts of an ack, nack or extend, and what each may say beside.</summary>
/// <param name="Receipts">As the caller wrote them: whether one is any good is for the consumer to say.</param>
/// <param name="Delay">Of a nack: until the messages are delivered again.</param>
/// <param name="Reason">Of a nack: why.</param>
/// <param name="VisibilityTimeout">Of an extend: how long the leases last from now; null: as the consumer is set.</param>
internal sealed record ReceiptRequest(string[] Receipts, TimeSpan Delay, string? Reason, TimeSpan? VisibilityTimeout);

/// <summary>Reads the body of an ack, nack or extend. Hot path: straight from the connection's buffers, one string a receipt.</summary>
internal struct ReceiptParser
{
    private static readonly LimitedField DelayField = new("delay", 0, NackDelayMsMax, IsDuration: true);

    private string[]? _receipts;
    private long? _delayMs;
    private long? _visibilityMs;
    private string? _reason;

    public static ReceiptRequest Ack(in ReadOnlySequence<byte> body) => Parse(body, isNack: false, isExtend: false);

    public static ReceiptRequest Nack(in ReadOnlySequence<byte> body) => Parse(body, isNack: true, isExtend: false);

    public static ReceiptRequest Extend(in ReadOnlySequence<byte> body) => Parse(body, isNack: false, isExtend: true);

    private static ReceiptRequest Parse(in ReadOnlySequence<byte> body, bool isNack, bool isExtend)
    {
        if (body.IsEmpty)
            throw new ProblemException(Problem.Malformed("The body is empty; {\"ack_ids\":[…]} is expected."));

        var parser = default(ReceiptParser);
        var reader = StrictReader.Open(body);
        while (StrictReader.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("ack_ids"u8) || reader.ValueTextEquals("ack_tokens"u8))
                parser.SetReceipts(ref reader);
            else if (isNack && reader.ValueTextEquals("delay"u8))
                SetDuration(DelayField, ref parser._delayMs, ref reader);
            else if (isNack && reader.ValueTextEquals("reason"u8))
                parser.SetReason(ref reader);
            else if (isExtend && reader.ValueTextEquals("visibility_timeout"u8))
                SetDuration(ReceiveFields.VisibilityTimeout, ref parser._visibilityMs, ref reader);
            else
                throw StrictReader.Unknown(ref reader);
        }

        return parser.ToRequest();
    }

    private readonly ReceiptRequest ToRequest() => new(
        _receipts ?? throw new ProblemException(Problem.Invalid("ack_ids", "is required")),
        TimeSpan.FromMilliseconds(_delayMs ?? 0),
        _reason,
        _visibilityMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null);

    private void SetReceipts(ref Utf8JsonReader reader)
    {
        if (_receipts is not null)
            throw Twice("ack_ids");
        _receipts = Receipts(ref reader);
    }

    private void SetReason(ref Utf8JsonReader reader)
    {
        if (_reason is not null)
            throw Twice("reason");
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
            return;
        if (reader.TokenType != JsonTokenType.String)
            throw new ProblemException(Problem.WrongType("reason must be a string."));
        _reason = reader.GetString()!;
        if (_reason.Length > ReasonLengthMax)
            throw new ProblemException(Problem.OutOfRange(
                $"reason has {_reason.Length} characters; it must have at most {ReasonLengthMax}."));
    }

    private static void SetDuration(LimitedField field, ref long? place, ref Utf8JsonReader reader)
    {
        if (place is not null)
            throw Twice(field.Name);
        reader.Read();
        if (reader.TokenType != JsonTokenType.Null)
            place = field.Read(ref reader);
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
