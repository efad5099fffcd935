namespace Sequin.Core.Backfills;

/// <summary>
/// Transaction ids. Snapshots have them with 64 bits (<c>xid8</c>); the stream has the lower 32, which begin again every four
/// thousand million transactions.
/// </summary>
public static class FullTransactionId
{
    /// <summary>The id with 64 bits whose lower half is <paramref name="xid"/>.</summary>
    /// <param name="reference">
    /// Any full id of the same server less than 2³¹ transactions away. PostgreSQL stops before living transactions are further apart.
    /// </param>
    /// <param name="xid">As the stream has it.</param>
    public static ulong Near(ulong reference, uint xid) => unchecked(reference + (ulong)(int)(xid - (uint)reference));
}
