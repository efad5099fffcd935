namespace Sequin.Postgres.Source;

/// <summary>How a source database is doing. On the wire in snake_case; stored by that name.</summary>
public enum DatabaseState
{
    /// <summary>Changes arrive and are in the log within moments.</summary>
    Streaming,

    /// <summary>Working through a backlog.</summary>
    CatchingUp,

    /// <summary>Connected, and nothing to send.</summary>
    Idle,
    Reconnecting,
    SlotMissing,
    SlotLost,
    SlotInUse,
    Gap,
    PublicationMissing,
    PermissionDenied,
    WalLevelWrong,
    Paused,

    /// <summary>A stream is full and may not delete what its consumers have not finished: nothing more is read.</summary>
    QuotaReached,
}
