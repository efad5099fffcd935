using Orleans.Configuration;
using Sequin.Grains;
using Sequin.Postgres.Log;
using Sequin.Server.Configuration;

namespace Sequin.Server.Cluster;

/// <summary>Makes the process a silo, or a client of the silos, of the cluster that shares the log database.</summary>
internal static class ClusterSetup
{
    /// <summary>Never change them: the grains' state and the membership are found by them.</summary>
    public const string ClusterId = "sequin";
    public const string ServiceId = "sequin";
    private const string Invariant = "Npgsql";

    /// <summary>A killed silo is declared dead after this many probes without an answer: about 2 s.</summary>
    private const int ProbesMissedMax = 2;
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A silo that has not said so for three times this long is not waited for by one that joins: what is left in the table when
    /// every machine went down at once.
    /// </summary>
    private static readonly TimeSpan AlivePublishPeriod = TimeSpan.FromSeconds(5);

    /// <summary>A silo that comes back has another port: an API-only process looks this often.</summary>
    private static readonly TimeSpan SilosRefreshPeriod = TimeSpan.FromSeconds(2);

    public static void AddCluster(this WebApplicationBuilder builder, ServerOptions options, string logDatabase)
    {
        var connectionString = LogDatabase.OrleansConnectionString(logDatabase);
        if (options.Has(ServerRoles.Silo))
            builder.UseOrleans(silo => AddSilo(silo, ClusterAddress.Of(options), connectionString));
        else
            builder.UseOrleansClient(client => AddClient(client, connectionString));
    }

    private static void AddSilo(ISiloBuilder silo, ClusterAddress address, string connectionString)
    {
        silo.Services.AddSingleton(address);
        silo.Configure<ClusterOptions>(Name)
            .ConfigureEndpoints(address.Ip, address.SiloPort, address.GatewayPort, address.ListenOnAny)
            .Configure<ClusterMembershipOptions>(membership =>
            {
                membership.ProbeTimeout = ProbeTimeout;
                membership.NumMissedProbesLimit = ProbesMissedMax;
                membership.IAmAliveTablePublishTimeout = AlivePublishPeriod;
            })
            .UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = (Invariant, connectionString))
            .UseAdoNetReminderService(reminders => (reminders.Invariant, reminders.ConnectionString) = (Invariant, connectionString))
            .AddSequinGrains(connectionString);
    }

    private static void AddClient(IClientBuilder client, string connectionString) => client
        .Configure<ClusterOptions>(Name)
        .Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = SilosRefreshPeriod)
        .UseConnectionRetryFilter(async (_, cancellationToken) =>
        {
            // Silos may start after us.
            await Task.Delay(SilosRefreshPeriod, TimeProvider.System, cancellationToken);
            return true;
        })
        .UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = (Invariant, connectionString));

    private static void Name(ClusterOptions cluster) => (cluster.ClusterId, cluster.ServiceId) = (ClusterId, ServiceId);
}
