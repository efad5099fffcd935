namespace Sequin.Postgres.Log.Segments;

/// <summary>Where a stream ends.</summary>
/// <param name="Offset">Its last; 0: nothing was ever in it.</param>
/// <param name="CommitTimeMicros">The latest commit time in it, microseconds since the Unix epoch.</param>
public readonly record struct StreamEnd(long Offset, long CommitTimeMicros)
{
    public static readonly StreamEnd Empty = new(0, long.MinValue);
}
