using Sequin.Grains.Consumers;

namespace Sequin.Grains.Tests.Consumers;

public sealed class JoinedSaveTests
{
    private readonly List<TaskCompletionSource> _writes = [];

    [Fact]
    public async Task Callers_during_a_write_share_the_next_one()
    {
        var save = new JoinedSave(WriteAsync);

        var first = save.SaveAsync();
        var second = save.SaveAsync();
        var third = save.SaveAsync();
        Assert.Single(_writes);
        Assert.Same(second, third);

        _writes[0].SetResult();
        await first;
        Assert.Equal(2, _writes.Count);
        Assert.False(second.IsCompleted);

        _writes[1].SetResult();
        await second;
        Assert.Equal(2, _writes.Count);
    }

    [Fact]
    public async Task A_call_after_a_write_begins_another()
    {
        var save = new JoinedSave(() => Task.CompletedTask);
        await save.SaveAsync();

        save = new JoinedSave(WriteAsync);
        var first = save.SaveAsync();
        _writes[0].SetResult();
        await first;
        _ = save.SaveAsync();

        Assert.Equal(2, _writes.Count);
    }

    [Fact]
    public async Task After_a_failed_write_all_that_follow_fail_and_nothing_is_written_any_more()
    {
        var save = new JoinedSave(WriteAsync);
        var first = save.SaveAsync();
        var joined = save.SaveAsync();
        _writes[0].SetException(new IOException("away"));

        await Assert.ThrowsAsync<IOException>(() => first);
        await Assert.ThrowsAsync<IOException>(() => joined);
        await Assert.ThrowsAsync<IOException>(save.SaveAsync);
        Assert.Single(_writes);
    }

    private Task WriteAsync()
    {
        // Continuations run at once, as on a grain's scheduler nothing else runs between.
        _writes.Add(new TaskCompletionSource());
        return _writes[^1].Task;
    }
}
