using Sequin.Benchmarks.Reports;

namespace Sequin.Benchmarks.Isolation;

/// <summary>When each row was committed and when each receiver had it. Timestamps of one clock: both are this process.</summary>
internal sealed class IsolationTimes(int rows, int receivers)
{
    private readonly long[] _begun = new long[rows];
    private readonly long[] _committed = new long[rows];
    private readonly long[,] _delivered = new long[receivers, rows];
    private readonly int[] _open = new int[rows];
    private readonly Lock _lock = new();
    private TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _missing;

    /// <summary>Begins to wait for rows.</summary>
    /// <returns>Ends when every receiver has them all.</returns>
    public Task Expect(Range ids)
    {
        lock (_lock)
        {
            _all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _open.AsSpan(ids).Fill(receivers);
            _missing = (ids.End.Value - ids.Start.Value) * receivers;
            return _all.Task;
        }
    }

    public void OnCommitted(int id, long begun, long committed) => (_begun[id], _committed[id]) = (begun, committed);

    public void OnDelivered(int receiver, int id, long at)
    {
        lock (_lock)
        {
            if (_delivered[receiver, id] != 0)
                _all.TrySetException(new InvalidDataException($"Row {id} came to receiver {receiver} twice."));
            _delivered[receiver, id] = at;
            if (--_open[id] >= 0 && --_missing == 0)
                _all.TrySetResult();
        }
    }

    public Percentiles Inserts(Range ids) => Percentiles.Of(_begun[ids].Zip(_committed[ids], TimeProvider.System.GetElapsedTime));

    /// <summary>From the insert's answer to the arrival at a receiver, of all receivers together.</summary>
    public Percentiles Deliveries(Range ids) => Percentiles.Of(
        from id in Enumerable.Range(ids.Start.Value, ids.End.Value - ids.Start.Value)
        from receiver in Enumerable.Range(0, receivers)
        select TimeProvider.System.GetElapsedTime(_committed[id], _delivered[receiver, id]));
}
