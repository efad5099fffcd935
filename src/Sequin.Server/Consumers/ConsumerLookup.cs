using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Requests;

namespace Sequin.Server.Consumers;

/// <summary>Finds the consumer that a path names.</summary>
internal static class ConsumerLookup
{
    /// <returns>Null: there is none, or the text cannot name one.</returns>
    public static async ValueTask<ConsumerRecord?> FindNamedAsync(
        this ConsumerCatalog consumers, string idOrName, CancellationToken cancellationToken) =>
        ResourceName.IsIdOrName(idOrName) ? await consumers.FindAsync(idOrName, cancellationToken) : null;
}
