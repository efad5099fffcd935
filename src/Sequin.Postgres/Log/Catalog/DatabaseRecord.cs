using Sequin.Core.Identity;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>A source database as the catalog holds it; the password is decrypted here and nowhere else.</summary>
public sealed record DatabaseRecord
{
    public required DatabaseId Id { get; init; }

    /// <summary>Unique; also the name of the default stream.</summary>
    public required string Name { get; init; }
    public required SourceAddress Address { get; init; }
    public required string SlotName { get; init; }
    public required string PublicationName { get; init; }

    /// <summary>A JSON object, verbatim.</summary>
    public string Annotations { get; init; } = "{}";
    /// <summary>Not streamed, because a user says so.</summary>
    public bool IsPaused { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
}
