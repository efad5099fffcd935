using Sequin.Grains.Consumers;

namespace Sequin.Server.Messages;

/// <summary>Lists a consumer's messages page by page: of one state, or all that are not finished, in the order of their offsets.</summary>
internal sealed class CandidatePages(IConsumerGrain consumer, ListedState? state)
{
    private static readonly ListedState[] Unfinished =
        [ListedState.Ready, ListedState.InFlight, ListedState.Delayed, ListedState.Blocked];

    /// <returns>Null: the consumer is gone.</returns>
    public async Task<CandidatePage?> ReadAsync(long after)
    {
        if (state is { } one)
        {
            var page = await consumer.ListAsync(new MessagePageRequest(one, after, MessageLimits.CandidatesMax));
            return page is null ? null : new CandidatePage(page.Messages, page.Messages.Length < MessageLimits.CandidatesMax);
        }

        // At once, so that hardly any message changes its state between them.
        var pages = await Task.WhenAll(Unfinished.Select(
            each => consumer.ListAsync(new MessagePageRequest(each, after, MessageLimits.CandidatesMax))));
        return pages.Any(page => page is null) ? null : Merge(pages!);
    }

    // Of a state that has more, nothing is known behind its last one: the merged page ends there.
    private static CandidatePage Merge(MessagePage[] pages)
    {
        var full = pages.Where(page => page.Messages.Length == MessageLimits.CandidatesMax).ToList();
        var end = full.Count == 0 ? long.MaxValue : full.Min(page => page.Messages[^1].Offset);
        var messages = pages.SelectMany(page => page.Messages)
            .Where(message => message.Offset <= end)
            .DistinctBy(message => message.Offset)
            .OrderBy(message => message.Offset);
        return new CandidatePage([.. messages], full.Count == 0);
    }
}

/// <param name="Messages">In their order.</param>
/// <param name="IsLast">There are no more.</param>
internal sealed record CandidatePage(ListedMessage[] Messages, bool IsLast);
