using System.Text;
using Sequin.Core.Changes;
using Sequin.Postgres.Replication.Decoding;

namespace Sequin.Postgres.Tests.Replication.Decoding.Types;

/// <summary>Rows of COPY as records of messages.</summary>
internal static class CopyRecords
{
    public static string Of(Relation relation, ReadOnlySpan<byte> line, CopyTextRow row)
    {
        row.Read(line, relation.Columns.Length);
        var transaction = new Transaction();
        transaction.TryBegin(new Lsn(1), 0);
        var change = new RowChange
        {
            Message = row.Text,
            Relation = relation,
            Action = ChangeAction.Read,
            New = row.Fields,
            Old = null,
            OldIsFull = false,
        };
        return RecordOf(Encoding.UTF8.GetString(new MessageWriter("myapp").Row(change, transaction)), "read");
    }

    /// <summary>The record's own bytes in a message.</summary>
    public static string RecordOf(string message, string action)
    {
        const string start = "{\"record\":";
        var end = message.LastIndexOf($",\"changes\":null,\"action\":\"{action}\"", StringComparison.Ordinal);
        Assert.StartsWith(start, message, StringComparison.Ordinal);
        return message[start.Length..end];
    }
}
