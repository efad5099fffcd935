namespace Sequin.Grains.Consumers;

/// <summary>
/// Joins concurrent callers of a slow write: those who come while one runs share the next. A caller's task ends after a write
/// that began after it called. After a failed write every later one fails too: what is durable is unknown then, and the grain
/// must go. For one grain's scheduler only.
/// </summary>
internal sealed class JoinedSave(Func<Task> write)
{
    private Task _last = Task.CompletedTask;
    private bool _lastBegun;

    public Task SaveAsync()
    {
        if (_last.IsCompleted || _lastBegun)
        {
            _lastBegun = false;
            _last = RunAsync(_last);
        }

        return _last;
    }

    private async Task RunAsync(Task previous)
    {
        await previous;
        _lastBegun = true;
        await write();
    }
}
