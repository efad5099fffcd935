using Sequin.Core.Identity;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>A consumer as the catalog holds it: what the user asked for. Its live state belongs to its grain.</summary>
public sealed record ConsumerRecord
{
    public required ConsumerId Id { get; init; }
    public required string Name { get; init; }
    public required StreamKey StreamId { get; init; }
    public required ConsumerConfig Config { get; init; }

    /// <summary>The consumer was created behind this offset: the first message it may see is the next one.</summary>
    public required long StartAfter { get; init; }

    /// <summary>Rises with every update.</summary>
    public long Revision { get; init; } = 1;
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
}
