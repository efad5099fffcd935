namespace Sequin.Core.Segments;

/// <summary>Where a segment's messages come from. Stored: never renumber.</summary>
public enum SegmentKind : short
{
    Changes = 1,

    /// <summary>Rows read by a backfill.</summary>
    Backfill = 2,
}
