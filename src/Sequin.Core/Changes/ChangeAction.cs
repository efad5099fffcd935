namespace Sequin.Core.Changes;

/// <summary>What happened to the row. The numbers are stored in segments: never renumber.</summary>
public enum ChangeAction : byte
{
    Insert = 1,
    Update = 2,
    Delete = 3,

    /// <summary>A row as a backfill read it.</summary>
    Read = 4,
    Truncate = 5,

    /// <summary>From <c>pg_logical_emit_message</c>.</summary>
    Message = 6,
}
