namespace Sequin.Benchmarks.Throughput;

/// <summary>Checks that every message came once, by its offset, and tells when the last one is acked.</summary>
internal sealed class Deliveries(long expected)
{
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _seen = new byte[expected + 1];
    private long _acked;

    /// <summary>Completes when all are acked; fails with the first thing that is wrong.</summary>
    public Task Complete => _complete.Task;

    public long Acked => Interlocked.Read(ref _acked);

    public void Add(ReadOnlySpan<long> offsets, int acked)
    {
        foreach (var offset in offsets)
        {
            if (offset < 1 || offset > expected)
                Fail(new InvalidDataException($"Offset {offset} came; {expected} changes were made."));
            else if (Interlocked.Exchange(ref _seen[offset], 1) != 0)
                Fail(new InvalidDataException($"Offset {offset} came twice."));
        }

        if (acked != offsets.Length)
            Fail(new InvalidDataException($"Only {acked} of {offsets.Length} receipts were acked."));
        if (Interlocked.Add(ref _acked, acked) == expected)
            _complete.TrySetResult();
    }

    public void Fail(Exception reason) => _complete.TrySetException(reason);
}
