using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Secrets;
using Sequin.Server.Configuration;

namespace Sequin.Server.Auth;

/// <summary>
/// With no token given and none stored nobody could ever get in, so the first start makes one and shows it, once. There is never
/// a token that is the same in two installations.
/// </summary>
internal static class FirstToken
{
    private const string KeyName = "first-start";

    /// <returns>The token that was made; null when there is one already.</returns>
    public static async Task<string?> EnsureAsync(ServerOptions options, ApiKeyStore keys, CancellationToken cancellationToken)
    {
        if (options.ApiToken is not null || await keys.AnyAsync(cancellationToken))
            return null;

        try
        {
            return (await keys.CreateAsync(KeyName, expiresAt: null, cancellationToken)).Token;
        }
        catch (NameTakenException)
        {
            // Another process of the cluster had its first start at the same moment, and shows it.
            return null;
        }
    }
}
