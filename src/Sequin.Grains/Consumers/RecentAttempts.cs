namespace Sequin.Grains.Consumers;

/// <summary>The last requests of a consumer. In memory: they are for people, and another activation begins anew.</summary>
internal sealed class RecentAttempts
{
    public const int CountMax = 1000;

    /// <summary>Answers and offsets count; the rest of an attempt is small.</summary>
    public const int BytesMax = 1024 * 1024;

    private readonly Queue<DeliveryAttempt> _attempts = new();
    private int _bytes;

    public void Add(DeliveryAttempt attempt)
    {
        _attempts.Enqueue(attempt);
        _bytes += SizeOf(attempt);
        while (_attempts.Count > CountMax || (_bytes > BytesMax && _attempts.Count > 1))
            _bytes -= SizeOf(_attempts.Dequeue());
    }

    /// <summary>The last one first.</summary>
    /// <param name="offset">Those that this message was in; null: all.</param>
    /// <param name="limit">So many at most.</param>
    public DeliveryAttempt[] List(long? offset, int limit) =>
        [.. _attempts.Reverse().Where(attempt => offset is not { } wanted || attempt.Offsets.Contains(wanted)).Take(limit)];

    private static int SizeOf(DeliveryAttempt attempt) =>
        (attempt.Offsets.Length * sizeof(long)) + ((attempt.Answer.Length + (attempt.Error?.Length ?? 0)) * sizeof(char));
}
