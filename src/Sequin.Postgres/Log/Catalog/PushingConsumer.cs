using Sequin.Core.Identity;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>An active consumer with a webhook, and how new it and its endpoint are.</summary>
public readonly record struct PushingConsumer(ConsumerId Id, long Revision, long EndpointRevision);
