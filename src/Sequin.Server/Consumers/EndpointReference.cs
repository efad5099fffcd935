using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Consumers;

/// <summary>Finds the HTTP endpoint that a consumer is to push to.</summary>
internal sealed class EndpointReference(HttpEndpointCatalog endpoints)
{
    /// <exception cref="ProblemException">422: there is no such endpoint.</exception>
    public async Task<ConsumerConfig> ResolveAsync(ConsumerConfig config, string? httpEndpoint, CancellationToken cancellationToken)
    {
        if (httpEndpoint is null || config.Webhook is not { } webhook)
            return config;
        if (!ResourceName.IsIdOrName(httpEndpoint) || await endpoints.FindAsync(httpEndpoint, cancellationToken) is not { } endpoint)
            throw new ProblemException(Problem.Invalid("destination.http_endpoint",
                $"There is no HTTP endpoint '{Shown.Short(httpEndpoint)}'. Create it first: POST /api/destinations/http_endpoints."));
        return config with { Webhook = webhook with { HttpEndpointId = endpoint.Id.Value } };
    }
}
