namespace Sequin.Core.Backfills;

/// <summary>What becomes of a chunk at its watermark.</summary>
public sealed class ChunkVerdict
{
    /// <summary>Nothing of it can be used: the table is another by now, or too much of it was changed to tell.</summary>
    public static readonly ChunkVerdict ReadAgain = new([]) { MustReadAgain = true };

    private readonly bool[] _dropped;

    internal ChunkVerdict(bool[] dropped)
    {
        _dropped = dropped;
        foreach (var isDropped in dropped)
            DroppedCount += isDropped ? 1 : 0;
    }

    public bool MustReadAgain { get; private init; }

    public int DroppedCount { get; }

    /// <summary>A newer change of the row is in the stream already.</summary>
    public bool IsDropped(int row) => _dropped[row];
}
