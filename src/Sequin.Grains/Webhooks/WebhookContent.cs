using System.Net;

namespace Sequin.Grains.Webhooks;

/// <summary>
/// A body in memory that is not its own. An answer may come while the body is still being sent, and the handler then goes on sending
/// behind our back: <see cref="EndAsync"/> waits until the memory is free again.
/// </summary>
internal sealed class WebhookContent(ReadOnlyMemory<byte> body) : HttpContent
{
    private readonly Lock _lock = new();
    private Task _sending = Task.CompletedTask;
    private bool _hasEnded;

    /// <summary>Something of the body may have reached the receiver.</summary>
    public bool HasStarted { get; private set; }

    public async Task EndAsync()
    {
        Task sending;
        lock (_lock)
            (_hasEnded, sending) = (true, _sending);
        await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_hasEnded, this);
            HasStarted = true;
            return _sending = stream.WriteAsync(body, cancellationToken).AsTask();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
