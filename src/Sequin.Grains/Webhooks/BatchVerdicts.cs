using Sequin.Postgres.Log.Segments;

namespace Sequin.Grains.Webhooks;

/// <summary>What an outcome means for each message of a batch.</summary>
internal static class BatchVerdicts
{
    public static MessageVerdict[] Of(DeliveryOutcome outcome, WebhookBatch batch)
    {
        var verdicts = new MessageVerdict[batch.Messages.Length];
        if (outcome is not DeliveryOutcome.Delivered delivered)
        {
            Array.Fill(verdicts, MessageVerdict.Retry);
        }
        else if (delivered.Results.Count > 0)
        {
            var byKey = new Dictionary<string, MessageVerdict>();
            foreach (var result in delivered.Results)
                byKey[result.IdempotencyKey] = result.Verdict;
            for (var i = 0; i < verdicts.Length; i++)
                verdicts[i] = byKey.GetValueOrDefault(StoredMessage.IdempotencyKey(batch.Stored[i].Span) ?? "", MessageVerdict.Ok);
        }

        return verdicts;
    }
}
