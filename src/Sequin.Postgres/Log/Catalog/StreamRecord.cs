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
    public DateTimeOffset CreatedAt { get; init; }
}
