using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Sequin.Server.Configuration;
using Sequin.Server.Tests.Databases;
using Sequin.Server.Tests.Hosting;
using Sequin.Testing;

namespace Sequin.Server.Tests.Cluster;

public sealed class ClusterTests
{
    [Fact]
    public async Task An_API_without_a_silo_works_through_the_others()
    {
        await using var log = await TestDatabase.CreateAsync();
        await using var source = await SourceDatabase.CreateAsync();
        await using var silo = await ApiServer.StartAsync(log.ConnectionString, new() { [SettingKeys.Roles] = "silo" });
        await using var front = await ApiServer.StartAsync(log.ConnectionString, new() { [SettingKeys.Roles] = "api" });
        using var api = ApiServer.ClientOf(front, ApiServer.Token);
        using var siloHttp = ApiServer.ClientOf(silo, ApiServer.Token);

        (await api.PostAsync("/api/postgres_databases", source.Request())).Is(201);
        (await api.PostAsync("/api/sinks",
            $$$"""{"name":"c","database":"{{{source.Name}}}","destination":{"type":"sequin_stream"}}""")).Is(201);
        await source.Database.ExecuteAsync("INSERT INTO orders VALUES (1, 'new')", TestContext.Current.CancellationToken);
        var received = (await api.GetAsync("/api/consumers/c/receive?wait_for=30s")).Is(200).Json.GetProperty("data");
        var message = Assert.Single(received.EnumerateArray());
        var ack = $$"""{"ack_ids":["{{message.GetProperty("ack_id").GetString()}}"]}""";

        Assert.Contains("\"acked\"", (await api.PostAsync("/api/consumers/c/ack", ack)).Is(200).Body, StringComparison.Ordinal);
        (await siloHttp.GetAsync("/health/ready")).Is(200);
        (await siloHttp.GetAsync("/api/streams")).IsProblem(404);
        (await api.DeleteAsync("/api/sinks/c")).Is(200);
        (await api.DeleteAsync($"/api/postgres_databases/{source.Name}")).Is(200);
    }

    [Fact]
    public async Task A_silo_that_was_killed_on_this_machine_does_not_delay_the_next_start()
    {
        await using var log = await TestDatabase.CreateAsync();
        var settings = new Dictionary<string, string?> { [SettingKeys.AdvertisedIp] = "127.0.0.1" };
        await using (await ApiServer.StartAsync(log.ConnectionString, settings))
        {
            // Its tables are there now.
        }

        // As a kill leaves it: active, alive a moment ago, and nobody listens.
        var port = ClosedPort();
        await log.ExecuteAsync($"""
            INSERT INTO orleans.orleansmembershiptable
                (deploymentid, address, port, generation, siloname, hostname, status, proxyport, starttime, iamalivetime)
            VALUES ('sequin', '127.0.0.1', {port}, 1, 'killed', 'here', 3, {port}, now(), now())
            """, TestContext.Current.CancellationToken);

        var started = Stopwatch.GetTimestamp();
        await using var server = await ApiServer.StartAsync(log.ConnectionString, settings);

        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(15), "The start waited for the killed silo.");
        Assert.Equal(6, await log.ScalarAsync<int>($"SELECT status FROM orleans.orleansmembershiptable WHERE port = {port}"));
    }

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
