namespace Sequin.Postgres.Backfills;

/// <summary>
/// How many rows the next chunk asks for, so that reading one stays well below its time limit and near its size in bytes, whatever
/// rows and server are like. Grows at most twofold at a time, because one quick chunk may be luck; shrinks at once.
/// </summary>
public sealed class PageSize(TimeSpan timeMax, long bytesTarget = PageSize.BytesTargetDefault)
{
    public const int RowsFirst = 1000;
    public const int RowsMax = 50_000;
    public const long BytesTargetDefault = 4 * 1024 * 1024;

    /// <summary>What a chunk should take of its time limit: a server under load takes several times as long.</summary>
    private const double TimeShare = 0.25;
    private const double GrowthMax = 2;
    private const int ShrinkAfterTimeout = 4;

    public int Rows { get; private set; } = RowsFirst;

    public void OnRead(int rows, long bytes, TimeSpan elapsed)
    {
        if (rows == 0)
            return;
        var byTime = timeMax * TimeShare / Max(elapsed, TimeSpan.FromMilliseconds(1));
        var byBytes = (double)bytesTarget / Math.Max(1, bytes);
        Rows = (int)Math.Clamp(rows * Math.Min(GrowthMax, Math.Min(byTime, byBytes)), 1, RowsMax);
    }

    /// <returns>False: not even one row could be read in time, so smaller chunks will not help.</returns>
    public bool TryShrinkAfterTimeout()
    {
        if (Rows == 1)
            return false;
        Rows = Math.Max(1, Rows / ShrinkAfterTimeout);
        return true;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
