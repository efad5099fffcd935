using Sequin.Core.Changes;

namespace Sequin.Torture.Oracles;

/// <summary>A row change as a second slot saw it.</summary>
/// <param name="Table">As <c>schema.table</c>.</param>
/// <param name="Action"><c>insert</c>, <c>update</c> or <c>delete</c>.</param>
/// <param name="Key">Table and primary key, for people; of an update the new key.</param>
/// <param name="Values">The columns that were printed, as text: of a delete the old ones.</param>
/// <param name="EndLsn">Where the transaction's commit record ends.</param>
/// <param name="Ordinal">Place in the transaction, from 0.</param>
public sealed record OracleChange(
    string Table, string Action, string Key, IReadOnlyDictionary<string, string?> Values, ulong EndLsn, int Ordinal)
{
    public override string ToString() => $"{Action} {Key} as change {Ordinal} of the transaction that ends at {new Lsn(EndLsn)}";
}
