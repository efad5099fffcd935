namespace Sequin.Benchmarks.Queue;

/// <summary>Counts what all readers of a queue have deleted, and tells when that is everything.</summary>
internal sealed class PgmqCount(long expected)
{
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _deleted;
    private volatile bool _isStopped;

    /// <summary>Completes when all are deleted; fails with the first thing that is wrong.</summary>
    public Task Complete => _complete.Task;

    public bool IsStopped => _isStopped || _complete.Task.IsCompleted;

    public void Add(int read, int deleted)
    {
        if (read != deleted)
            Fail(new InvalidDataException($"Only {deleted} of {read} messages were deleted."));
        else if (Interlocked.Add(ref _deleted, deleted) == expected)
            _complete.TrySetResult();
    }

    public void Fail(Exception reason) => _complete.TrySetException(reason);

    public void Stop() => _isStopped = true;
}
