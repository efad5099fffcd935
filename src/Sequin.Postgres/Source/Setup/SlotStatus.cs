using Sequin.Core.Changes;

namespace Sequin.Postgres.Source.Setup;

/// <summary>A replication slot as <c>pg_replication_slots</c> has it now.</summary>
public sealed record SlotStatus
{
    public const string PluginOfOurs = "pgoutput";

    public required string Name { get; init; }
    public bool IsLogical { get; init; } = true;

    /// <summary>Null for a physical slot.</summary>
    public string? Plugin { get; init; }
    public string? Database { get; init; }
    public bool IsTemporary { get; init; }

    /// <summary>Sends transactions when they are prepared, not when they commit.</summary>
    public bool IsTwoPhase { get; init; }
    public bool IsActive { get; init; }
    public int? ActivePid { get; init; }

    /// <summary>Null also when the role may not see other roles' sessions.</summary>
    public string? ActiveApplication { get; init; }

    /// <summary>Null while the slot is being made.</summary>
    public Lsn? ConfirmedFlushLsn { get; init; }

    /// <summary>WAL from here on is kept; null when it no longer is.</summary>
    public Lsn? RestartLsn { get; init; }

    /// <summary><c>reserved</c>, <c>extended</c>, <c>unreserved</c> or <c>lost</c>.</summary>
    public string? WalStatus { get; init; }

    /// <summary>Bytes of WAL that can still be written before the slot may be lost; null: no limit is set.</summary>
    public long? SafeWalSize { get; init; }

    /// <summary>Bytes of WAL that the slot holds back.</summary>
    public long? RetainedBytes { get; init; }

    /// <summary>Why PostgreSQL gave the slot up (17 and later say it).</summary>
    public string? InvalidationReason { get; init; }

    public bool IsLost => WalStatus == "lost" || InvalidationReason is not null;

    /// <summary>Its reader is a walsender of this product, an old owner's perhaps.</summary>
    public bool IsActiveByOurs => IsActive && ActiveApplication == SessionSettings.ApplicationName;
}
