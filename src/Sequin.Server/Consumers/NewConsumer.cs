using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Server.Backfills;

namespace Sequin.Server.Consumers;

/// <summary>A valid request for a consumer.</summary>
/// <param name="HttpEndpoint">What its webhook is to push to: still to be found.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="InitialBackfill">Tables to begin with; null: all that it reads; empty: none.</param>
internal sealed record NewConsumer(
    string Name, string? Database, string? Stream, ConsumerConfig Config, string? HttpEndpoint, StartPosition Start,
    IReadOnlyList<BackfillSpec>? InitialBackfill);

/// <summary>A valid request for a change: what the consumer is to be like.</summary>
/// <param name="HttpEndpoint">What its webhook is to push to, still to be found; null: that stays.</param>
internal sealed record ChangedConsumer(string Name, ConsumerConfig Config, string? HttpEndpoint);
