using Sequin.Core.Changes;

namespace Sequin.Postgres.Log.Segments;

/// <summary>One message of the log.</summary>
/// <param name="Offset">Its place in the stream.</param>
/// <param name="Table">As <c>schema.table</c> unquoted; empty for a logical message.</param>
/// <param name="Action">What happened.</param>
/// <param name="CommitTime">When its transaction committed.</param>
/// <param name="Stored">Its JSON as it stands in the segment, without consumer and database.</param>
public sealed record LoggedMessage(
    long Offset, string Table, ChangeAction Action, DateTimeOffset CommitTime, ReadOnlyMemory<byte> Stored);
