using Sequin.Postgres.Log.Catalog;

namespace Sequin.Server.Consumers;

/// <summary>A valid request for a consumer.</summary>
/// <param name="StartAfter">Null: at the head of the stream.</param>
internal sealed record NewConsumer(string Name, string? Database, string? Stream, ConsumerConfig Config, long? StartAfter);

/// <summary>A valid request for a change: what the consumer is to be like.</summary>
internal sealed record ChangedConsumer(string Name, ConsumerConfig Config);
