namespace Sequin.Core.Changes;

/// <summary>What must be known of a message without parsing its JSON: the source of its segment index entry.</summary>
/// <param name="CommitLsn">Commit LSN of the transaction.</param>
/// <param name="CommitTimeMicros">Commit time in microseconds since the Unix epoch, UTC.</param>
/// <param name="Ordinal">Place in the transaction, from 0, counted before any filter.</param>
/// <param name="Table">The table, as <c>schema.table</c> unquoted; empty for a logical message.</param>
/// <param name="Action">What happened.</param>
/// <param name="Group">Hash of table and primary key (<see cref="GroupHash"/>); 0 when the message belongs to no group.</param>
/// <param name="FormerGroup">Hash of the old key when an update moved the row to another key; else 0.</param>
public readonly record struct ChangeHeader(
    Lsn CommitLsn, long CommitTimeMicros, long Ordinal, string Table, ChangeAction Action, ulong Group, ulong FormerGroup);
