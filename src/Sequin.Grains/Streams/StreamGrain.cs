using Orleans.Concurrency;
using Sequin.Core.Identity;
using Sequin.Core.Segments;
using Sequin.Postgres.Log.Segments;

namespace Sequin.Grains.Streams;

/// <inheritdoc cref="IStreamGrain"/>
[Reentrant]
internal sealed class StreamGrain(SegmentReader log, SegmentCache cache, TimeProvider time) : Grain, IStreamGrain
{
    /// <summary>Segments one read of the log returns, however small they are.</summary>
    private const int SegmentsMax = 100;

    // Several readers at the same place share one query.
    private readonly Dictionary<long, Task<IReadOnlyList<Segment>>> _loads = [];
    private TaskCompletionSource _moved = NewSignal();
    private StreamKey _stream;
    private long _head;
    private long _trimmed;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _stream = new StreamKey(this.GetPrimaryKey());
        _head = await log.ReadHeadAsync(_stream, cancellationToken);
        _trimmed = await log.ReadOldestAsync(_stream, cancellationToken) - 1;
    }

    public Task AppendAsync(Segment[] segments)
    {
        foreach (var segment in segments)
            cache.Add(segment);

        // An older sender may still be retrying: the head never goes back.
        _head = Math.Max(_head, segments[^1].LastOffset);
        var moved = _moved;
        _moved = NewSignal();
        moved.SetResult();
        return Task.CompletedTask;
    }

    public async Task<StreamSlice> ReadAsync(long after, int maxBytes, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (after >= _head && wait > TimeSpan.Zero)
            await WaitForMoveAsync(wait, cancellationToken);
        if (after >= _head)
            return new StreamSlice([], _head);

        var cached = FromCache(after, maxBytes);
        if (cached.Count > 0)
            return new StreamSlice([.. cached], _head);

        var loaded = await LoadAsync(after, maxBytes);
        return new StreamSlice([.. loaded], _head);
    }

    public Task TrimAsync(long through)
    {
        _trimmed = Math.Max(_trimmed, through);
        cache.Trim(_stream, through);
        return Task.CompletedTask;
    }

    public Task<long> GetHeadAsync() => Task.FromResult(_head);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task WaitForMoveAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var timeout = Task.Delay(wait, time, stop.Token);
        await Task.WhenAny(_moved.Task, timeout);
        await stop.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private List<Segment> FromCache(long after, int maxBytes)
    {
        var found = new List<Segment>();
        var bytes = 0;
        while (bytes < maxBytes && after >= _trimmed && cache.TryGet(_stream, after + 1, out var segment))
        {
            found.Add(segment);
            bytes += segment.SizeBytes;
            after = segment.LastOffset;
        }

        return found;
    }

    private async Task<IReadOnlyList<Segment>> LoadAsync(long after, int maxBytes)
    {
        if (_loads.TryGetValue(after, out var underWay))
            return await underWay;

        // No caller's token: others may be waiting for the same load.
        var load = log.ReadAsync(_stream, after, maxBytes, SegmentsMax, CancellationToken.None);
        _loads.Add(after, load);
        try
        {
            var segments = await load;
            foreach (var segment in segments)
                cache.Add(segment);
            return segments;
        }
        finally
        {
            _loads.Remove(after);
        }
    }
}
