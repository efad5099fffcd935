using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;

namespace Sequin.Server.Consumers;

/// <summary>A valid request for a consumer.</summary>
/// <param name="Start">Where it begins.</param>
internal sealed record NewConsumer(string Name, string? Database, string? Stream, ConsumerConfig Config, StartPosition Start);

/// <summary>A valid request for a change: what the consumer is to be like.</summary>
internal sealed record ChangedConsumer(string Name, ConsumerConfig Config);
