namespace Sequin.Benchmarks.Pulling;

/// <summary>Checks that every message comes once, by its offset, and tells when enough are acked.</summary>
/// <param name="messages">In the stream.</param>
/// <param name="expected">To be acked; the others stay in the stream.</param>
internal sealed class Deliveries(long messages, long expected)
{
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _seen = new byte[messages + 1];
    private long _acked;

    /// <summary>Completes when as many as expected are acked; fails with the first thing that is wrong.</summary>
    public Task Complete => _complete.Task;

    public long Acked => Interlocked.Read(ref _acked);

    public void Add(ReadOnlySpan<long> offsets, int acked)
    {
        foreach (var offset in offsets)
        {
            if (offset < 1 || offset > messages)
                Fail(new InvalidDataException($"Offset {offset} came; {messages} changes were made."));
            else if (Interlocked.Exchange(ref _seen[offset], 1) != 0)
                Fail(new InvalidDataException($"Offset {offset} came twice."));
        }

        if (acked != offsets.Length)
            Fail(new InvalidDataException($"Only {acked} of {offsets.Length} receipts were acked."));
        if (Interlocked.Add(ref _acked, acked) >= expected)
            _complete.TrySetResult();
    }

    public void Fail(Exception reason) => _complete.TrySetException(reason);
}
