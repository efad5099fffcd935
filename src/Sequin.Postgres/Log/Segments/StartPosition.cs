using Sequin.Core.Changes;

namespace Sequin.Postgres.Log.Segments;

/// <summary>Where a reader asks to begin.</summary>
public abstract record StartPosition
{
    private StartPosition()
    {
    }

    /// <summary>Behind what is in the log.</summary>
    public sealed record Now : StartPosition;

    /// <summary>At the oldest message kept.</summary>
    public sealed record Beginning : StartPosition;

    /// <param name="Offset">Of the first message, from 1.</param>
    public sealed record AtOffset(long Offset) : StartPosition;

    /// <param name="Micros">What was committed at this time or later, in microseconds since the Unix epoch.</param>
    public sealed record AtTimestamp(long Micros) : StartPosition;

    /// <param name="Lsn">Transactions whose commit is at this place in the source's WAL or behind it.</param>
    public sealed record AtLsn(Lsn Lsn) : StartPosition;
}
