using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Source.Checks;

/// <summary>What is meant to be done with a source, to be checked before it is.</summary>
public sealed record PreflightRequest
{
    public required SourceAddress Address { get; init; }
    public required string SlotName { get; init; }
    public required string PublicationName { get; init; }

    /// <summary>Tables that must be published; empty: whatever the publication has, or gets.</summary>
    public IReadOnlyList<TableName> Tables { get; init; } = [];

    /// <summary>A missing publication is no problem: it will be made.</summary>
    public bool CreatePublication { get; init; }

    /// <summary>A missing slot is no problem: it will be made.</summary>
    public bool CreateSlot { get; init; }

    /// <summary>The source is in the catalog already: a slot in use by a walsender of ours is as it should be.</summary>
    public bool IsAttached { get; init; }

    public TimeSpan ConnectTimeout { get; init; } = SourceConnector.TimeoutDefault;
}
