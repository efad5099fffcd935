using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Requests;

namespace Sequin.Server.Streams;

/// <summary>Finds the stream that a path names.</summary>
internal static class StreamLookup
{
    /// <returns>Null: there is none, or the text cannot name one.</returns>
    public static async ValueTask<StreamRecord?> FindNamedAsync(
        this StreamCatalog streams, string idOrName, CancellationToken cancellationToken) =>
        ResourceName.IsIdOrName(idOrName) ? await streams.FindAsync(idOrName, cancellationToken) : null;
}
