using Sequin.Core.Segments;
using Sequin.Postgres.Log.Slots;

namespace Sequin.Postgres.Replication;

/// <summary>
/// What one log transaction makes durable: segments, changes that fit in none, and the position they bring the slot to.
/// </summary>
/// <param name="Segments">May be empty when there are undecodable changes.</param>
/// <param name="Undecodable">Mostly none.</param>
/// <param name="Position">Behind all of them.</param>
/// <param name="LastCommitTimeMicros">Commit time of the last of them, since the Unix epoch.</param>
internal sealed record IngestBatch(
    IReadOnlyList<Segment> Segments, IReadOnlyList<UndecodableChange> Undecodable, SlotPosition Position, long LastCommitTimeMicros);
