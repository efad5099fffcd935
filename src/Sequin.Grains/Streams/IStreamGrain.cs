using Orleans.Concurrency;
using Sequin.Core.Segments;

namespace Sequin.Grains.Streams;

/// <summary>
/// The live end of one stream: hands segments to those who read it, from memory while they are near the tail and from the log
/// otherwise. It holds nothing that is not in the log. The key is the stream's id.
/// </summary>
[Alias("sequin.stream")]
internal interface IStreamGrain : IGrainWithGuidKey
{
    /// <summary>Takes segments that are durable, in order. What was missed is read from the log when someone asks for it.</summary>
    [Alias("append")]
    Task AppendAsync([Immutable] Segment[] segments);

    /// <summary>
    /// The segments that hold the messages behind <paramref name="after"/>, in order, up to <paramref name="maxBytes"/> but at
    /// least one; the first may begin earlier. None: nothing came within <paramref name="wait"/>.
    /// </summary>
    [Alias("read"), AlwaysInterleave, ResponseTimeout("00:01:00")]
    Task<StreamSlice> ReadAsync(long after, int maxBytes, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Everything up to this offset was deleted from the log: it is not served from memory either.</summary>
    [Alias("trim")]
    Task TrimAsync(long through);

    /// <summary>The last offset; 0 when nothing was ever in the stream.</summary>
    [Alias("head"), AlwaysInterleave]
    Task<long> GetHeadAsync();
}

/// <param name="Segments">In order.</param>
/// <param name="Head">Last offset of the stream.</param>
[GenerateSerializer, Immutable, Alias("sequin.stream-slice")]
internal sealed record StreamSlice([property: Id(0)] Segment[] Segments, [property: Id(1)] long Head);
