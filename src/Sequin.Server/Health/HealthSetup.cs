using Microsoft.Extensions.Diagnostics.HealthChecks;
using Sequin.ServiceDefaults;

namespace Sequin.Server.Health;

/// <summary>The server's own checks, beside those of every process.</summary>
internal static class HealthSetup
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    public static void AddServerHealth(this IServiceCollection services) => services.AddHealthChecks()
        .AddCheck<LogDatabaseHealth>("log_database", failureStatus: null, tags: [HealthTags.Ready], timeout: Timeout)
        .AddCheck<SourcesHealth>("sources", failureStatus: HealthStatus.Degraded, tags: [HealthTags.Ready], timeout: Timeout);
}
