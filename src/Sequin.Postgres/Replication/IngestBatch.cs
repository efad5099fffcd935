using Sequin.Core.Segments;
using Sequin.Postgres.Backfills;
using Sequin.Postgres.Log.Slots;

namespace Sequin.Postgres.Replication;

/// <summary>
/// What one log transaction makes durable: segments, changes that fit in none, and the position they bring the slot to.
/// </summary>
/// <param name="Segments">May be empty when there are undecodable changes.</param>
/// <param name="Undecodable">Mostly none.</param>
/// <param name="Chunks">Of backfills, whose rows are among the segments. Mostly none.</param>
/// <param name="Position">Behind all of them.</param>
/// <param name="LastCommitTimeMicros">Commit time of the last of them, since the Unix epoch.</param>
internal sealed record IngestBatch(
    IReadOnlyList<Segment> Segments, IReadOnlyList<UndecodableChange> Undecodable, IReadOnlyList<LandedChunk> Chunks,
    SlotPosition Position, long LastCommitTimeMicros);
