using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sequin.Benchmarks.Pushing;

/// <summary>A receiver that takes everything and counts it, without parsing: it shares the machine with what is measured.</summary>
internal sealed class CountingHook : IAsyncDisposable
{
    private static readonly TimeSpan Max = TimeSpan.FromMinutes(10);

    private readonly WebApplication _app;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _expected;
    private long _messages;
    private long _requests;

    private CountingHook(long expected)
    {
        _expected = expected;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(TakeAsync);
    }

    public string Url => _app.Urls.First();
    public long Requests => Volatile.Read(ref _requests);

    /// <param name="expected">After so many messages <see cref="WhenDoneAsync"/> ends.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<CountingHook> StartAsync(long expected, CancellationToken cancellationToken)
    {
        var hook = new CountingHook(expected);
        await hook._app.StartAsync(cancellationToken);
        return hook;
    }

    public Task WhenDoneAsync(CancellationToken cancellationToken) => _done.Task.WaitAsync(Max, TimeProvider.System, cancellationToken);

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        var length = (int)context.Request.ContentLength!.Value;
        var body = ArrayPool<byte>.Shared.Rent(length);
        await context.Request.Body.ReadExactlyAsync(body.AsMemory(0, length), context.RequestAborted);
        var messages = body.AsSpan(0, length).Count("\"idempotency_key\":"u8);
        ArrayPool<byte>.Shared.Return(body);
        Interlocked.Increment(ref _requests);
        if (Interlocked.Add(ref _messages, messages) >= _expected)
            _done.TrySetResult();
    }
}
