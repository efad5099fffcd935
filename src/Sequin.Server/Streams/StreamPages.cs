using Sequin.Core.Identity;
using Sequin.Core.Segments;
using Sequin.Grains.Streams;

namespace Sequin.Server.Streams;

/// <summary>Reads pages of a stream's messages from its segments.</summary>
internal sealed class StreamPages(StreamGateway streams, TimeProvider time)
{
    /// <param name="stream">The stream.</param>
    /// <param name="after">Null: from the oldest message that is kept.</param>
    /// <param name="limit">Messages, at most.</param>
    /// <param name="wait">For the first one only.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<StreamPage> ReadAsync(
        StreamKey stream, long? after, int limit, TimeSpan wait, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var messages = new List<(long, ReadOnlyMemory<byte>)>();
        var next = after ?? 0;
        var bytes = 0L;
        for (var reads = 0; reads < StreamLimits.ReadsMax; reads++)
        {
            var left = messages.Count == 0 ? wait - time.GetElapsedTime(started) : TimeSpan.Zero;
            var (segments, head) = await streams.ReadAsync(
                stream, next, StreamLimits.ReadBytesMax, left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
            if (segments is [var first, ..] && first.BaseOffset > next + 1 && (after is not null || next > 0))
                return messages.Count > 0 ? new StreamPage(messages, next) : new StreamPage([], next, first.BaseOffset);

            var isFull = !TryTakeAll(segments, messages, limit, ref bytes, ref next);
            if (isFull || (next >= head && (messages.Count > 0 || left <= TimeSpan.Zero)))
                break;
        }

        return new StreamPage(messages, next);
    }

    /// <returns>False: the answer is full.</returns>
    private static bool TryTakeAll(
        IReadOnlyList<Segment> segments, List<(long, ReadOnlyMemory<byte>)> messages, int limit, ref long bytes, ref long next)
    {
        foreach (var segment in segments)
        {
            // What one consumer asked for is nobody else's.
            if (segment.Audience is not null)
            {
                next = segment.LastOffset;
                continue;
            }

            for (var i = (int)Math.Max(0, next + 1 - segment.BaseOffset); i < segment.Count; i++)
            {
                if (messages.Count == limit || bytes >= StreamLimits.AnswerBytesMax)
                    return false;
                var message = segment.Message(i);
                messages.Add((segment.BaseOffset + i, message));
                bytes += message.Length;
                next = segment.BaseOffset + i;
            }
        }

        return messages.Count < limit && bytes < StreamLimits.AnswerBytesMax;
    }
}
