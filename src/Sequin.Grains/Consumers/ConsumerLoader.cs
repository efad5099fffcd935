using Sequin.Core.Identity;
using Sequin.Core.Receipts;
using Sequin.Grains.Webhooks;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Secrets;
using Sequin.Postgres.Log.Segments;

namespace Sequin.Grains.Consumers;

/// <summary>Makes the model of a consumer from the catalog.</summary>
internal sealed class ConsumerLoader(
    ConsumerCatalog consumers, StreamCatalog streams, DatabaseCatalog databases, StreamPositions positions, ClusterSecrets secrets,
    WebhookDestinations webhooks)
{
    private const string ReceiptKeyName = "receipts";
    private const int ReceiptKeyBytes = 32;

    /// <summary>Null: there is no such consumer.</summary>
    public async Task<ConsumerModel?> LoadAsync(ConsumerId id, CancellationToken cancellationToken)
    {
        if (await consumers.FindAsync(id, cancellationToken) is not { } consumer
            || await streams.FindAsync(consumer.StreamId, cancellationToken) is not { } stream
            || await databases.FindAsync(stream.DatabaseId, cancellationToken) is not { } database)
            return null;

        var suffix = DeliveredMetadata.Suffix(consumer, database);
        return new ConsumerModel
        {
            Record = consumer,
            Filter = new SegmentFilter(id, consumer.Config),
            Groups = MessageGroups.Of(consumer.Config),
            Receipts = new ReceiptCodec(await secrets.GetOrCreateAsync(ReceiptKeyName, ReceiptKeyBytes, cancellationToken), id),
            Suffix = suffix,
            Webhook = await webhooks.FindAsync(consumer, suffix, cancellationToken),
        };
    }

    /// <summary>The destination of a model, with its endpoint as it is now.</summary>
    public Task<WebhookDestination?> LoadWebhookAsync(ConsumerModel model, CancellationToken cancellationToken) =>
        webhooks.FindAsync(model.Record, model.Suffix, cancellationToken);

    /// <returns>The new revision; null: the consumer was changed or deleted since, and that counts.</returns>
    public async Task<long?> PauseAsync(ConsumerModel model, string reason, CancellationToken cancellationToken)
    {
        var paused = model.Config with { Status = ConsumerActivity.Paused, PausedBecause = reason };
        var record = model.Record;
        return await consumers.UpdateAsync(record.Id, record.Revision, record.Name, paused, cancellationToken)
            is ConsumerUpdate.Updated updated ? updated.Consumer.Revision : null;
    }

    /// <summary>Before the consumer goes behind an offset: see <see cref="StreamPositions.HoldAsync"/>.</summary>
    public Task<long?> HoldAsync(ConsumerModel consumer, long startAfter, CancellationToken cancellationToken) =>
        positions.HoldAsync(consumer.Record.StreamId, startAfter, cancellationToken);
}
