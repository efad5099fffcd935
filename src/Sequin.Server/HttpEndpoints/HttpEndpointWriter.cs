using Sequin.Grains.Webhooks;
using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Configuration;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.HttpEndpoints;

/// <summary>Writes HTTP endpoints to the catalog. A change reads, changes and writes again when somebody else was quicker.</summary>
internal sealed class HttpEndpointWriter(HttpEndpointCatalog catalog, EndpointHosts hosts, TimeProvider time)
{
    private const string What = "HTTP endpoint";
    private const int AttemptsMax = 10;

    /// <exception cref="ProblemException">The host is not public, or the name is taken.</exception>
    public async Task<HttpEndpointRecord> CreateAsync(HttpEndpointRecord endpoint, CancellationToken cancellationToken)
    {
        await CheckHostAsync(endpoint.Url, cancellationToken);
        return (await NamedAsync(endpoint.Name, async () => await catalog.InsertAsync(endpoint, cancellationToken)))!;
    }

    /// <returns>Null: there is none.</returns>
    /// <exception cref="ProblemException">
    /// The precondition does not hold; what <paramref name="change"/> refuses; the host is not public; the name is taken.
    /// </exception>
    public async Task<HttpEndpointRecord?> ChangeAsync(
        string idOrName, IfMatch ifMatch, Func<HttpEndpointRecord, HttpEndpointRecord> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            if (!ResourceName.IsIdOrName(idOrName) || await catalog.FindAsync(idOrName, cancellationToken) is not { } present)
                return null;
            if (!ifMatch.Allows(present.Revision))
                throw new ProblemException(Problem.Stale(What, idOrName, present.Revision));
            var changed = change(present);
            if (changed.Url != present.Url)
                await CheckHostAsync(changed.Url, cancellationToken);
            if (await NamedAsync(changed.Name, () => catalog.UpdateAsync(changed, cancellationToken)) is { } written)
                return written;
        }

        throw new ProblemException(Problem.Unavailable("http_endpoint_busy",
            "Others changed the HTTP endpoint each time before this request could. Nothing was changed; try again."));
    }

    private async Task CheckHostAsync(Uri url, CancellationToken cancellationToken)
    {
        if (await hosts.RefusalAsync(url, time, cancellationToken) is { } refusal)
            throw new ProblemException(Problem.Invalid("url",
                $"{refusal} Give a public address, or start the server with {SettingKeys.AllowPrivateEndpoints}=true."));
    }

    private static async Task<HttpEndpointRecord?> NamedAsync(string name, Func<Task<HttpEndpointRecord?>> write)
    {
        try
        {
            return await write();
        }
        catch (NameTakenException)
        {
            throw new ProblemException(Problem.NameTaken(What, name));
        }
    }
}
