using System.Text.Json;
using System.Text.Json.Nodes;
using Sequin.Core.Segments;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>What every message of a consumer carries and no stored one: the consumer's and the database's object.</summary>
public static class DeliveredMetadata
{
    /// <summary>What closes each message that is delivered or shown (<see cref="MessageEnvelope"/>).</summary>
    public static byte[] Suffix(ConsumerRecord consumer, DatabaseRecord database) =>
        MessageEnvelope.Suffix(ConsumerObject(consumer), DatabaseObject(database));

    /// <summary>What closes a message that is read without a consumer.</summary>
    public static byte[] Suffix(DatabaseRecord database) => MessageEnvelope.Suffix("null"u8, DatabaseObject(database));

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
