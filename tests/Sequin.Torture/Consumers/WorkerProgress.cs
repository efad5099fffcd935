namespace Sequin.Torture.Consumers;

/// <summary>How many changes somebody has tried to ack. Thread-safe.</summary>
internal sealed class WorkerProgress
{
    private readonly Lock _lock = new();
    private readonly HashSet<long> _acked = [];
    private TaskCompletionSource? _reached;
    private int _target = int.MaxValue;

    public int Count
    {
        get
        {
            lock (_lock)
                return _acked.Count;
        }
    }

    public void OnAcked(IEnumerable<long> offsets)
    {
        lock (_lock)
        {
            _acked.UnionWith(offsets);
            if (_acked.Count >= _target)
                _reached!.TrySetResult();
        }
    }

    /// <summary>Completes when there are so many.</summary>
    public Task WhenAsync(int target)
    {
        lock (_lock)
        {
            _target = target;
            _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_acked.Count >= target)
                _reached.SetResult();
            return _reached.Task;
        }
    }
}
