using Sequin.Core.Identity;
using Sequin.Core.Segments;

namespace Sequin.Grains.Streams;

/// <summary>Reads streams through their grains, from any process of the cluster.</summary>
public sealed class StreamGateway(IGrainFactory grains)
{
    /// <summary>How long one read can wait: well below the time-out of the grain's call.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The segments that hold the messages behind <paramref name="after"/>, in order, up to <paramref name="maxBytes"/> but at least
    /// one; the first may begin earlier, or later when what is between is no longer kept. None: nothing came in time.
    /// </summary>
    /// <param name="stream">The stream; one that does not exist is empty.</param>
    /// <param name="after">Offset; 0: from the start.</param>
    /// <param name="maxBytes">Of the segments.</param>
    /// <param name="wait">For the first message, at most <see cref="WaitMax"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<(IReadOnlyList<Segment> Segments, long Head)> ReadAsync(
        StreamKey stream, long after, int maxBytes, TimeSpan wait, CancellationToken cancellationToken)
    {
        var grain = grains.GetGrain<IStreamGrain>(stream.Value);
        var slice = await grain.ReadAsync(after, maxBytes, wait < WaitMax ? wait : WaitMax, cancellationToken);
        return (slice.Segments, slice.Head);
    }

    /// <summary>The last offset; 0 when nothing was ever in the stream.</summary>
    public Task<long> ReadHeadAsync(StreamKey stream) => grains.GetGrain<IStreamGrain>(stream.Value).GetHeadAsync();
}
