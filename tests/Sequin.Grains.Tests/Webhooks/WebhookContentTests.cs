using Sequin.Grains.Webhooks;

namespace Sequin.Grains.Tests.Webhooks;

public sealed class WebhookContentTests
{
    [Fact]
    public async Task The_bodys_memory_is_free_only_when_nobody_sends_it_any_more()
    {
        using var content = new WebhookContent("{}"u8.ToArray());
        await using var slow = new SlowStream();
        Assert.False(content.HasStarted);

        var sending = content.CopyToAsync(slow, TestContext.Current.CancellationToken);
        var ending = content.EndAsync();

        Assert.True(content.HasStarted);
        Assert.False(ending.IsCompleted);
        slow.Written.SetResult();
        await ending;
        await sending;
    }

    [Fact]
    public async Task A_body_that_has_ended_is_not_sent()
    {
        using var content = new WebhookContent("{}"u8.ToArray());
        await content.EndAsync();

        await Assert.ThrowsAsync<HttpRequestException>(() => content.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));
        Assert.False(content.HasStarted);
    }

    /// <summary>A connection whose other side does not read.</summary>
    private sealed class SlowStream : MemoryStream
    {
        public TaskCompletionSource Written { get; } = new();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            new(Written.Task);
    }
}
