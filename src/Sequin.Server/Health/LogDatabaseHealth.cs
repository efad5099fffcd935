using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Sequin.Server.Health;

/// <summary>Whether the log database answers: without it nothing can be received or acked.</summary>
internal sealed class LogDatabaseHealth(NpgsqlDataSource log) : IHealthCheck
{
    private const int TimeoutSeconds = 2;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var command = log.CreateCommand("SELECT 1");
            command.CommandTimeout = TimeoutSeconds;
            await command.ExecuteScalarAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (NpgsqlException)
        {
            return HealthCheckResult.Unhealthy("The log database does not answer.");
        }
    }
}
