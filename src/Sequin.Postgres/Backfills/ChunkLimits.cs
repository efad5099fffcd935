namespace Sequin.Postgres.Backfills;

/// <summary>What one chunk may cost.</summary>
/// <param name="Rows">At most; see <see cref="PageSize"/>.</param>
/// <param name="Bytes">No further row is begun beyond it.</param>
/// <param name="Timeout">The source ends each statement that takes longer.</param>
internal sealed record ChunkLimits(int Rows, int Bytes, TimeSpan Timeout);
