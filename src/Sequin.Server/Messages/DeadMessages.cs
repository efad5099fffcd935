using Sequin.Grains.Consumers;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.DeadLetters;

namespace Sequin.Server.Messages;

/// <summary>Shows dead letters as messages. They keep their own bodies, so the log is not asked.</summary>
internal sealed class DeadMessages(DeadLetterStore letters)
{
    public async Task<MessagePageResponse> ReadAsync(
        ConsumerRecord consumer, MessageQuery query, byte[] suffix, CancellationToken cancellationToken)
    {
        var criteria = query.Criteria;
        var filter = new DeadLetterFilter { Table = criteria.Table, Key = criteria.Key, Text = criteria.Text };
        var shown = new List<MessageResponse>();
        var scanned = 0;
        var bytes = 0L;
        var after = query.AfterLetter;
        while (true)
        {
            var page = await letters.ListAsync(
                consumer.Id, filter, after, MessageLimits.LettersMax, MessageLimits.LetterBytesMax, cancellationToken);
            if (page.Count == 0)
                return new MessagePageResponse(shown, scanned, NextAfter: null, Complete: true);
            foreach (var letter in page)
            {
                if (shown.Count == query.Limit || scanned == MessageLimits.ScannedMax || bytes >= MessageLimits.ScannedBytesMax)
                    return new MessagePageResponse(shown, scanned, after, Complete: false);
                if (!(letter.CommitTime < criteria.From || letter.CommitTime >= criteria.To))
                    shown.Add(Show(letter, suffix));
                scanned++;
                bytes += letter.Body.Length;
                after = letter.Id;
            }
        }
    }

    private static MessageResponse Show(DeadLetter letter, byte[] suffix) => new()
    {
        Offset = letter.Offset,
        State = ListedState.Dead,
        DeliveryCount = letter.DeliveryCount,
        LastDeliveredAt = letter.LastDeliveredAt,
        DeadLetterId = letter.Id,
        DiedAt = letter.DiedAt,
        Data = ShownMessage.Of(letter.Body, suffix),
    };
}
