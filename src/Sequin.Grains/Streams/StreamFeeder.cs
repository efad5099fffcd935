using Microsoft.Extensions.Logging;
using Sequin.Core.Identity;
using Sequin.Core.Segments;

namespace Sequin.Grains.Streams;

/// <summary>
/// Carries committed segments from the pump to one stream's grain, without ever holding up the pump. The grain can always read
/// the log, so when it does not keep up, all but the newest segment of what waits is let go: that one tells it where the head is.
/// </summary>
internal sealed partial class StreamFeeder : IAsyncDisposable
{
    private const long WaitingBytesMax = 32 * 1024 * 1024;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _offered = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly IStreamGrain _grain;
    private readonly StreamKey _stream;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Task _loop;
    private List<Segment> _waiting = [];
    private long _waitingBytes;

    public StreamFeeder(IGrainFactory grains, StreamKey stream, TimeProvider time, ILogger logger)
    {
        _grain = grains.GetGrain<IStreamGrain>(stream.Value);
        _stream = stream;
        _time = time;
        _logger = logger;
        _loop = RunAsync(_stop.Token);
    }

    public void Offer(Segment segment)
    {
        lock (_gate)
        {
            if (_waitingBytes > WaitingBytesMax)
            {
                _waiting.Clear();
                _waitingBytes = 0;
            }

            _waiting.Add(segment);
            _waitingBytes += segment.SizeBytes;
            if (_waiting.Count == 1 && _offered.CurrentCount == 0)
                _offered.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _offered.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _offered.WaitAsync(cancellationToken);
            var segments = TakeAll();
            while (!await TrySendAsync(segments))
                await Task.Delay(RetryDelay, _time, cancellationToken);
        }
    }

    private Segment[] TakeAll()
    {
        lock (_gate)
        {
            var segments = _waiting.ToArray();
            _waiting = [];
            _waitingBytes = 0;
            return segments;
        }
    }

    private async Task<bool> TrySendAsync(Segment[] segments)
    {
        try
        {
            await _grain.AppendAsync(segments);
            return true;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogSendFailed(_logger, exception, _stream, segments[^1].LastOffset);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Stream {StreamKey} did not take the segments up to offset {Offset}; trying again. They are in the log.")]
    private static partial void LogSendFailed(ILogger logger, Exception exception, StreamKey streamKey, long offset);
}
