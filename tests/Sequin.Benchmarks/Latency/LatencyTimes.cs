namespace Sequin.Benchmarks.Latency;

/// <summary>When each row was committed and when a client had it. Timestamps of the same clock, since both are this process.</summary>
internal sealed class LatencyTimes(int rows)
{
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long[] _begun = new long[rows];
    private readonly long[] _committed = new long[rows];
    private readonly long[] _delivered = new long[rows];
    private int _open = rows;

    /// <summary>Completes when every row has been delivered; fails when one comes twice.</summary>
    public Task Complete => _complete.Task;

    public void OnCommitted(int id, long begun, long committed)
    {
        _begun[id] = begun;
        _committed[id] = committed;
    }

    public void OnDelivered(int id, long answered)
    {
        if (Interlocked.CompareExchange(ref _delivered[id], answered, 0) != 0)
            Fail(new InvalidDataException($"Row {id} was delivered twice."));
        else if (Interlocked.Decrement(ref _open) == 0)
            _complete.TrySetResult();
    }

    public void Fail(Exception reason) => _complete.TrySetException(reason);

    /// <summary>From the call to the answer of each insert.</summary>
    public IEnumerable<TimeSpan> Inserts(Range ids) => _begun[ids].Zip(_committed[ids], TimeProvider.System.GetElapsedTime);

    /// <summary>From the insert's answer to the answer of the long poll. Below zero when the message was faster than the answer.</summary>
    public IEnumerable<TimeSpan> Deliveries(Range ids) => _committed[ids].Zip(_delivered[ids], TimeProvider.System.GetElapsedTime);
}
