namespace Sequin.Torture.Load;

/// <param name="Seed">What is done depends on it alone; when it is done depends on the machine.</param>
/// <param name="Writers">Connections that write at once.</param>
/// <param name="RowChanges">Committed row changes, at least.</param>
/// <param name="Duration">The changes are spread over it.</param>
public sealed record LoadPlan(int Seed, int Writers, int RowChanges, TimeSpan Duration);
