namespace Sequin.Postgres.Log.Backfills;

/// <summary>
/// Where a backfill is in its life. Stored and on the wire in lower case.
/// <code>
/// active ⇄ paused ─▶ cancelled
///   │  ▲                ▲
///   │  └─ failed ───────┘      resumed, it goes on behind its cursor
///   └──▶ completed
/// </code>
/// </summary>
public enum BackfillState
{
    Active,
    Paused,
    Cancelled,
    Completed,

    /// <summary>It cannot be read like this; <see cref="BackfillRecord.Error"/> says why.</summary>
    Failed,
}
