using Sequin.Core.Changes;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>What a user asked of a consumer. Stored as JSON, so new settings need a default.</summary>
public sealed record ConsumerConfig
{
    public const int VisibilityTimeoutMsDefault = 30_000;
    public const int MaxAckPendingDefault = 10_000;

    /// <summary>Tables as <c>schema.table</c>; empty: all.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];

    /// <summary>Empty: insert, update, delete. A <c>read</c> always passes.</summary>
    public IReadOnlyList<ChangeAction> Actions { get; init; } = [];
    public string DestinationType { get; init; } = "sequin_stream";

    /// <summary>False: no groups, no order.</summary>
    public bool MessageGrouping { get; init; } = true;
    public int VisibilityTimeoutMs { get; init; } = VisibilityTimeoutMsDefault;

    /// <summary>Messages leased and not yet acked, at most.</summary>
    public int MaxAckPending { get; init; } = MaxAckPendingDefault;

    /// <summary>A JSON object, verbatim.</summary>
    public string Annotations { get; init; } = "{}";
}
