using Sequin.Grains.Streams;
using Sequin.Server.Errors;

namespace Sequin.Server.Streams;

/// <summary>
/// Follows a stream as server-sent events, until the client goes, the server stops or the stream is deleted. A client that comes
/// back with <c>Last-Event-ID</c> goes on where it was.
/// </summary>
internal sealed class StreamTail(
    StreamDirectory directory, StreamPages pages, StreamGateway streams, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private const int MessagesPerRead = 500;

    public TimeSpan HeartbeatInterval { get; set; } = StreamLimits.HeartbeatInterval;

    public async Task RunAsync(string idOrName, HttpContext context)
    {
        var begin = StreamQuery.ForTail(context.Request);
        if (await directory.FindAsync(idOrName, context.RequestAborted) is not { } stream)
        {
            await Problem.NotFound("stream", idOrName).ExecuteAsync(context);
            return;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            var after = begin ?? await streams.ReadHeadAsync(stream.Id);
            var page = await pages.ReadAsync(stream.Id, after, MessagesPerRead, TimeSpan.Zero, ending.Token);
            if (page.OldestOffset is { } oldest)
            {
                await StreamProblems.NotKept(after, oldest).ExecuteAsync(context);
                return;
            }

            await FollowAsync(stream, page, new EventWriter(context.Response), ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // However it ends, the client may come back.
        }
    }

    private async Task FollowAsync(FoundStream stream, StreamPage page, EventWriter events, CancellationToken cancellationToken)
    {
        await events.BeginAsync(cancellationToken);
        var written = time.GetTimestamp();
        while (true)
        {
            foreach (var (offset, stored) in page.Messages)
            {
                if (!await events.WriteAsync(offset, stored, stream.Suffix, cancellationToken))
                    return;
            }

            if (page.Messages.Count > 0)
            {
                await events.FlushAsync(cancellationToken);
                written = time.GetTimestamp();
            }
            else if (time.GetElapsedTime(written) >= HeartbeatInterval)
            {
                if (!await directory.ExistsAsync(stream.Id, cancellationToken) || !await events.BeatAsync(cancellationToken))
                    return;
                written = time.GetTimestamp();
            }

            var after = page.NextAfter;
            page = await pages.ReadAsync(stream.Id, after, MessagesPerRead, HeartbeatInterval, cancellationToken);
            if (page.OldestOffset is { } oldest)
            {
                // Too late for a status: the client has fallen behind what is kept while it was reading.
                await events.FailAsync(StreamProblems.NotKept(after, oldest), cancellationToken);
                return;
            }
        }
    }
}
