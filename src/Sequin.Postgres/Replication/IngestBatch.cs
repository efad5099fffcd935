using Sequin.Core.Segments;
using Sequin.Postgres.Log.Slots;

namespace Sequin.Postgres.Replication;

/// <summary>What one log transaction makes durable: segments, and the position they bring the slot to.</summary>
internal sealed record IngestBatch(IReadOnlyList<Segment> Segments, SlotPosition Position);
