using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Requests;

namespace Sequin.Server.Streams;

/// <summary>Finds the stream that a request names, with what its messages end with.</summary>
internal sealed class StreamDirectory(StreamCatalog streams, DatabaseCatalog databases)
{
    /// <returns>Null: there is none.</returns>
    public async Task<FoundStream?> FindAsync(string idOrName, CancellationToken cancellationToken)
    {
        if (!ResourceName.IsIdOrName(idOrName) || await streams.FindAsync(idOrName, cancellationToken) is not { } stream
            || await databases.FindAsync(stream.DatabaseId, cancellationToken) is not { } database)
            return null;
        return new FoundStream(stream.Id, DeliveredMetadata.Suffix(database));
    }

    public async Task<bool> ExistsAsync(StreamKey stream, CancellationToken cancellationToken) =>
        await streams.FindAsync(stream, cancellationToken) is not null;
}

/// <param name="Id">Of the stream.</param>
/// <param name="Suffix">The end of every message: no consumer, and the database.</param>
internal sealed record FoundStream(StreamKey Id, byte[] Suffix);
