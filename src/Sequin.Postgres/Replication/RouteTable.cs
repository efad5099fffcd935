using Sequin.Core.Identity;

namespace Sequin.Postgres.Replication;

/// <summary>Which streams of a database take a change of which table. Immutable: the pump swaps it between two transactions.</summary>
public sealed class RouteTable(IReadOnlyList<StreamKey> everything)
{
    /// <summary>The streams that take every published table.</summary>
    public IReadOnlyList<StreamKey> Everything { get; } = everything;
}
