using Sequin.Grains.Consumers;
using Sequin.Server.Errors;
using static Sequin.Server.Receiving.ReceivingLimits;

namespace Sequin.Server.Receiving;

/// <summary>What a receive has said so far. A field that is said twice, under either of its names, is refused.</summary>
internal struct ReceiveFields
{
    public static readonly LimitedField BatchSize = new("batch_size", BatchSizeMin, BatchSizeMax, IsDuration: false);
    public static readonly LimitedField WaitFor = new("wait_for", 0, WaitMsMax, IsDuration: true);
    public static readonly LimitedField VisibilityTimeout = new("visibility_timeout", VisibilityMsMin, VisibilityMsMax, IsDuration: true);

    private long? _batchSize;
    private long? _waitMs;
    private long? _visibilityMs;

    public void Set(LimitedField field, long value)
    {
        ref var place = ref _visibilityMs;
        if (field == BatchSize)
            place = ref _batchSize;
        else if (field == WaitFor)
            place = ref _waitMs;

        if (place is not null)
            throw new ProblemException(Problem.Malformed($"{field.Name} is there twice."));
        place = value;
    }

    public readonly ReceiveRequest ToRequest() => new(
        (int)(_batchSize ?? BatchSizeDefault),
        TimeSpan.FromMilliseconds(_waitMs ?? 0),
        _visibilityMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null);
}
