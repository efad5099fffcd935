using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Requests;

namespace Sequin.Server.Databases;

/// <summary>Finds the database that a path means.</summary>
internal static class DatabaseLookup
{
    /// <returns>Null: there is none, or there could be none of such a name.</returns>
    public static async ValueTask<DatabaseRecord?> FindByPathAsync(
        this DatabaseCatalog databases, string idOrName, CancellationToken cancellationToken) =>
        ResourceName.IsIdOrName(idOrName) ? await databases.FindAsync(idOrName, cancellationToken) : null;
}
