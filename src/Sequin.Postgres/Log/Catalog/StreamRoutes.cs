using Sequin.Core.Identity;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>Which table goes to which stream of a database.</summary>
/// <param name="Version">Rises with every change of it.</param>
/// <param name="Routes">One a stream.</param>
public sealed record StreamRoutes(long Version, IReadOnlyList<StreamRoute> Routes)
{
    /// <summary>Nothing more is to be read from the source: a stream is full.</summary>
    public bool IsStopped => Routes.Any(route => route.IsOverQuota);
}

/// <param name="Stream">Where to.</param>
/// <param name="Name">Its name.</param>
/// <param name="Source">What.</param>
/// <param name="IsOverQuota">It is full, and deletes nothing.</param>
public sealed record StreamRoute(StreamKey Stream, string Name, StreamSource Source, bool IsOverQuota);
