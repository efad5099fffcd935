using Sequin.Grains.Consumers;
using Sequin.Server.Errors;
using static Sequin.Server.Receiving.ReceivingLimits;

namespace Sequin.Server.Receiving;

/// <summary>What a receive has said so far. A field that is said twice, under either of its names, is refused.</summary>
internal struct ReceiveFields
{
    public const string RequestId = "request_id";
    public const string AutoAck = "auto_ack";
    public static readonly LimitedField BatchSize = new("batch_size", BatchSizeMin, BatchSizeMax, IsDuration: false);
    public static readonly LimitedField WaitFor = new("wait_for", 0, WaitMsMax, IsDuration: true);
    public static readonly LimitedField VisibilityTimeout = new("visibility_timeout", VisibilityMsMin, VisibilityMsMax, IsDuration: true);

    private long? _batchSize;
    private long? _waitMs;
    private long? _visibilityMs;
    private string? _requestId;
    private bool? _autoAck;

    public void Set(LimitedField field, long value)
    {
        ref var place = ref _visibilityMs;
        if (field == BatchSize)
            place = ref _batchSize;
        else if (field == WaitFor)
            place = ref _waitMs;

        if (place is not null)
            throw Twice(field.Name);
        place = value;
    }

    public void SetRequestId(string value)
    {
        if (_requestId is not null)
            throw Twice(RequestId);
        if (value.Length is 0 or > ReceiveRequest.RequestIdLengthMax)
        {
            throw new ProblemException(Problem.OutOfRange(
                $"request_id has {value.Length} characters; it must have from 1 to {ReceiveRequest.RequestIdLengthMax}."));
        }

        _requestId = value;
    }

    public void SetAutoAck(bool value)
    {
        if (_autoAck is not null)
            throw Twice(AutoAck);
        _autoAck = value;
    }

    public readonly ReceiveRequest ToRequest()
    {
        if (_requestId is not null && _autoAck == true)
        {
            throw new ProblemException(Problem.Invalid(RequestId,
                "cannot be given with auto_ack: what is acked with the answer is not delivered again. Leave one of them out"));
        }

        return new ReceiveRequest(
            (int)(_batchSize ?? BatchSizeDefault),
            TimeSpan.FromMilliseconds(_waitMs ?? 0),
            _visibilityMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
            _requestId,
            _autoAck ?? false);
    }

    private static ProblemException Twice(string field) => new(Problem.Malformed($"{field} is there twice."));
}
