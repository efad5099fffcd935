using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using Sequin.Postgres.Log.Slots;

namespace Sequin.Server.Health;

/// <summary>Whether all sources are streamed without a gap. Requests are served all the same: degraded at worst.</summary>
internal sealed class SourcesHealth(SlotStore slots) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var broken = await slots.CountBrokenAsync(cancellationToken);
            return broken == 0
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Degraded($"{broken} source databases need a person: look at their health.");
        }
        catch (NpgsqlException)
        {
            return HealthCheckResult.Degraded("Nothing is known of the sources while the log database does not answer.");
        }
    }
}
