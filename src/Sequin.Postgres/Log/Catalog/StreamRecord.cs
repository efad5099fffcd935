using Sequin.Core.Identity;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>A stream as the catalog holds it.</summary>
public sealed record StreamRecord
{
    public required StreamKey Id { get; init; }
    public required string Name { get; init; }
    public required DatabaseId DatabaseId { get; init; }

    /// <summary>Of everything published, named like its database, and deleted only with it.</summary>
    public required bool IsDefault { get; init; }
    public StreamSource Source { get; init; } = StreamSource.Everything;
    public StreamRetention Retention { get; init; } = StreamRetention.Everything;

    /// <summary>Its present route is in effect: what is committed from here on goes by it.</summary>
    public bool IsRouted { get; init; }

    /// <summary>It is full, and holds up its database.</summary>
    public bool IsOverQuota { get; init; }

    /// <summary>Room it takes, when it was last counted; null: nothing asks for it.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>Rises with every update.</summary>
    public long Revision { get; init; } = 1;
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
}
