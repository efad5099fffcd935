using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Sequin.Postgres.Log;

namespace Sequin.Postgres.Tests.Log.Cluster;

/// <summary>A silo that keeps membership, state and reminders in a log database, by the providers' own configuration.</summary>
internal static class OrleansSilo
{
    private const string Invariant = "Npgsql";

    public static async Task<IHost> StartAsync(LogTestDatabase database, CancellationToken cancellationToken)
    {
        var connectionString = LogDatabase.OrleansConnectionString(database.ConnectionString);
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo
            .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (Invariant, connectionString))
            .AddAdoNetGrainStorageAsDefault(options => (options.Invariant, options.ConnectionString) = (Invariant, connectionString))
            .UseAdoNetReminderService(options => (options.Invariant, options.ConnectionString) = (Invariant, connectionString))
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("tests", "tests"))
            // It begins at a random moment, and would take away the dead that a test has put there.
            .Configure<ClusterMembershipOptions>(options => options.DefunctSiloCleanupPeriod = null)
            .ConfigureEndpoints(IPAddress.Loopback, FreePort(), FreePort()));
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        return host;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
