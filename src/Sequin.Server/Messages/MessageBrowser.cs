using Sequin.Grains.Consumers;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Server.Consumers;

namespace Sequin.Server.Messages;

/// <summary>
/// Shows a consumer's messages without changing anything: the consumer says which there are and what they are doing, the log what is
/// in them.
/// </summary>
internal sealed class MessageBrowser(IGrainFactory grains, ConsumerSources sources, SegmentReader segments, DeadMessages deadMessages)
{
    /// <returns>Null: the consumer was deleted in between.</returns>
    public async Task<MessagePageResponse?> ReadAsync(
        ConsumerRecord consumer, MessageQuery query, CancellationToken cancellationToken)
    {
        if (await sources.FindAsync(consumer.StreamId, cancellationToken) is not { } source)
            return null;
        var suffix = DeliveredMetadata.Suffix(consumer, source.Database);
        if (query.State == ListedState.Dead)
            return await deadMessages.ReadAsync(consumer, query, suffix, cancellationToken);

        var candidates = new CandidatePages(grains.GetGrain<IConsumerGrain>(consumer.Id.Value), query.State);
        var messages = new SegmentMessages(segments, consumer.StreamId, query.Criteria);
        var shown = new List<MessageResponse>();
        var scanned = 0;
        var after = query.After;
        while (true)
        {
            if (await candidates.ReadAsync(after) is not { } page)
                return null;
            for (var i = 0; i < page.Messages.Length; i++)
            {
                if (shown.Count == query.Limit || scanned == MessageLimits.ScannedMax
                    || messages.BytesRead >= MessageLimits.ScannedBytesMax)
                    return new MessagePageResponse(shown, scanned, after, Complete: false);
                var (isWanted, stored) = await messages.FindAsync(page.Messages[i].Offset, cancellationToken);
                if (isWanted)
                    shown.Add(MessageResponse.Of(page.Messages[i], stored is { } json ? ShownMessage.Of(json, suffix) : null));
                scanned++;
                after = page.Messages[i].Offset;
            }

            if (page.IsLast)
                return new MessagePageResponse(shown, scanned, NextAfter: null, Complete: true);
        }
    }
}
