using System.Globalization;

namespace Sequin.Core.Backfills;

/// <summary>
/// Which transactions a reader sees, as <c>pg_current_snapshot()</c> prints it: <c>xmin:xmax:xip,…</c>, ids of 64 bits. PostgreSQL
/// manual, "Transaction ID and Snapshot Information Functions".
/// </summary>
public sealed class TransactionSnapshot
{
    private readonly ulong[] _inProgress;

    private TransactionSnapshot(ulong xmin, ulong xmax, ulong[] inProgress) => (XMin, XMax, _inProgress) = (xmin, xmax, inProgress);

    /// <summary>All below have ended, and are seen unless they rolled back.</summary>
    public ulong XMin { get; }

    /// <summary>
    /// None from here on is seen, not even one whose commit is already in the stream: such a one need not be in the list either.
    /// </summary>
    public ulong XMax { get; }

    public static TransactionSnapshot Parse(string text)
    {
        var parts = text.Split(':');
        if (parts.Length != 3 || !TryParse(parts[0], out var xmin) || !TryParse(parts[1], out var xmax) || xmin > xmax)
            throw NoSnapshot(text);

        var inProgress = parts[2].Length == 0 ? [] : Array.ConvertAll(
            parts[2].Split(','), id => TryParse(id, out var xid) && xid >= xmin && xid < xmax ? xid : throw NoSnapshot(text));
        Array.Sort(inProgress);
        return new TransactionSnapshot(xmin, xmax, inProgress);
    }

    /// <summary>Whether the reader sees what a transaction committed.</summary>
    public bool Sees(ulong xid) => xid < XMin || (xid < XMax && Array.BinarySearch(_inProgress, xid) < 0);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{XMin}:{XMax}:{string.Join(',', _inProgress)}");

    private static bool TryParse(string text, out ulong xid) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out xid);

    private static FormatException NoSnapshot(string text) => new($"'{text}' is not a snapshot. A snapshot looks like 726:730:726,728.");
}
