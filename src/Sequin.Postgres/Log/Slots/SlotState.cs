using Sequin.Postgres.Source;

namespace Sequin.Postgres.Log.Slots;

/// <summary>How a source database is doing, and since when.</summary>
/// <param name="State">The state.</param>
/// <param name="Since">When it began; a new detail of the same state does not move it.</param>
/// <param name="Detail">What a person should know or do; null when there is nothing to say.</param>
public sealed record SlotState(DatabaseState State, DateTimeOffset Since, string? Detail);
