namespace Sequin.Torture.Load;

/// <summary>Counts what all writers committed, and holds them to the plan's speed.</summary>
internal sealed class LoadPace(LoadPlan plan, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();
    private long _committed;

    public long Committed => Interlocked.Read(ref _committed);

    public long Remaining => plan.RowChanges - Committed;

    public bool IsDone => Remaining <= 0;

    /// <summary>Waits when the writers are ahead of the plan.</summary>
    public async Task AddAsync(int rowChanges, CancellationToken cancellationToken)
    {
        var share = Interlocked.Add(ref _committed, rowChanges) / (double)plan.RowChanges;
        var early = share * plan.Duration - time.GetElapsedTime(_started);
        if (early > TimeSpan.Zero && share < 1)
            await Task.Delay(early, time, cancellationToken);
    }
}
