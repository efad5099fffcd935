using Sequin.Core.Changes;
using Sequin.Core.Identity;

namespace Sequin.Postgres.Log.Slots;

/// <summary>A stretch of WAL whose changes never came into the log.</summary>
public sealed record GapRecord
{
    /// <summary>The rows of a resolved gap are not in the stream: a backfill of its tables brings their present state.</summary>
    public const string BackfillPending = "pending";

    public required Guid Id { get; init; }
    public required DatabaseId DatabaseId { get; init; }

    /// <summary>In snake_case.</summary>
    public required string Reason { get; init; }

    /// <summary>End of what is durable.</summary>
    public required Lsn From { get; init; }

    /// <summary>Where the stream goes on; null when that is not known yet, or its LSNs cannot be compared.</summary>
    public Lsn? To { get; init; }

    /// <summary>What was published when it was last looked at, as <c>schema.table</c>.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];
    public DateTimeOffset DetectedAt { get; init; }

    /// <summary>Null: open, and nothing is streamed.</summary>
    public DateTimeOffset? ResolvedAt { get; init; }
    public string? Resolution { get; init; }

    /// <summary><see cref="BackfillPending"/>; null when nothing was lost, or while it is open.</summary>
    public string? Backfill { get; init; }
}
