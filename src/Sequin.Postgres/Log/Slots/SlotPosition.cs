using Sequin.Core.Changes;

namespace Sequin.Postgres.Log.Slots;

/// <summary>How far a slot's changes are durable in the log.</summary>
/// <param name="Last">The last change in the log. A big transaction may be in it half.</param>
/// <param name="EndLsn">End of the last transaction wholly in the log: where replication starts, and what the source is told.</param>
/// <param name="SystemIdentifier">The server the LSNs belong to; null before the first attach.</param>
/// <param name="Timeline">Its timeline then.</param>
public sealed record SlotPosition(Position Last, Lsn EndLsn, string? SystemIdentifier, int? Timeline);
