namespace Sequin.Core.Changes;

/// <summary>
/// The identity of a change, and how far ingestion has come. An LSN alone is no key: all rows of a COPY share one, so the
/// ordinal counts every change of the transaction from 0, before any filter. LSNs of different epochs are not comparable:
/// the epoch rises when the slot is re-created or the server is another one.
/// </summary>
public readonly record struct Position(int SourceEpoch, Lsn CommitLsn, long Ordinal) : IComparable<Position>
{
    /// <summary>Before every change of an epoch.</summary>
    public static Position Start(int sourceEpoch) => new(sourceEpoch, Lsn.Zero, -1);

    public static bool operator <(Position left, Position right) => left.CompareTo(right) < 0;
    public static bool operator >(Position left, Position right) => left.CompareTo(right) > 0;
    public static bool operator <=(Position left, Position right) => left.CompareTo(right) <= 0;
    public static bool operator >=(Position left, Position right) => left.CompareTo(right) >= 0;

    public int CompareTo(Position other)
    {
        var epoch = SourceEpoch.CompareTo(other.SourceEpoch);
        if (epoch != 0)
            return epoch;
        var lsn = CommitLsn.CompareTo(other.CommitLsn);
        return lsn != 0 ? lsn : Ordinal.CompareTo(other.Ordinal);
    }

    public override string ToString() => $"{SourceEpoch}:{CommitLsn}:{Ordinal}";
}
