using System.IO.Hashing;
using System.Text;

namespace Sequin.Core.Changes;

/// <summary>
/// The hash that stands for a group of messages whose order must hold: by default table and primary key. Stored in segments, so
/// it must be the same in every process and version. Two groups with one hash are only ordered more strictly than they need be.
/// </summary>
public static class GroupHash
{
    /// <summary>No group: the message is ordered after nothing.</summary>
    public const ulong None = 0;

    /// <param name="key">Table and key values, as <c>schema.table NUL value NUL value</c> in UTF-8.</param>
    public static ulong Of(ReadOnlySpan<byte> key)
    {
        var hash = XxHash3.HashToUInt64(key);
        return hash == None ? 1 : hash;
    }

    /// <param name="table">As <c>schema.table</c>, unquoted.</param>
    /// <param name="values">As texts, in the order of the table's columns: a message's <c>record_pks</c>.</param>
    public static ulong Of(string table, IReadOnlyList<string> values) =>
        Of(Encoding.UTF8.GetBytes(string.Join('\0', [table, .. values])));
}
