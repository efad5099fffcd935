using System.Text.Json;
using System.Text.Json.Nodes;
using Sequin.Core.Identity;
using Sequin.Core.Receipts;
using Sequin.Core.Segments;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Secrets;

namespace Sequin.Grains.Consumers;

/// <summary>Makes the model of a consumer from the catalog.</summary>
internal sealed class ConsumerLoader(
    ConsumerCatalog consumers, StreamCatalog streams, DatabaseCatalog databases, ClusterSecrets secrets)
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

        return new ConsumerModel
        {
            Record = consumer,
            Filter = new SegmentFilter(id, consumer.Config),
            Groups = MessageGroups.Of(consumer.Config),
            Receipts = new ReceiptCodec(await secrets.GetOrCreateAsync(ReceiptKeyName, ReceiptKeyBytes, cancellationToken), id),
            Suffix = MessageEnvelope.Suffix(ConsumerObject(consumer), DatabaseObject(database)),
        };
    }

    private static byte[] ConsumerObject(ConsumerRecord consumer) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["id"] = consumer.Id.ToString(),
        ["name"] = consumer.Name,
        ["annotations"] = JsonNode.Parse(consumer.Config.Annotations),
    });

    private static byte[] DatabaseObject(DatabaseRecord database) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["id"] = database.Id.ToString(),
        ["name"] = database.Name,
        ["annotations"] = JsonNode.Parse(database.Annotations),
        ["database"] = database.Address.Database,
        ["hostname"] = database.Address.Hostname,
    });
}
