using System.Text.Json.Nodes;
using Sequin.Postgres.Embedded;
using Sequin.Testing;
using Sequin.Testing.Clients;
using Sequin.Testing.Servers;

namespace Sequin.Torture.Consumers;

/// <summary>One server for many scenarios, each with a source and a consumer of its own. The server may be killed by any of them.</summary>
public sealed class ConsumerRig : IAsyncDisposable
{
    private readonly TestDatabase _log;

    private ConsumerRig(TestDatabase log, ServerProcess server)
    {
        _log = log;
        Server = server;
    }

    public ServerProcess Server { get; }

    public static async Task<ConsumerRig> StartAsync(EmbeddedPostgres postgres, CancellationToken cancellationToken)
    {
        var log = await TestDatabase.CreateAsync(postgres);
        return new ConsumerRig(log, await ServerProcess.StartAsync(
            new ServerProcessOptions { LogConnectionString = log.ConnectionString }, cancellationToken));
    }

    /// <summary>A new source, whose only table is empty, and a consumer of it.</summary>
    internal async Task<Trial> BeginAsync(ConsumerPlan plan, TimeProvider time, CancellationToken cancellationToken)
    {
        var source = await TaskSource.CreateAsync(_log.Server, cancellationToken);
        using var api = new ApiClient(Server.Address, Server.Token);
        await api.CreateDatabaseAsync(source.Name, source.ConnectionString, source.Name, TaskSource.Publication, cancellationToken);
        JsonObject consumer = await api.CreateConsumerAsync(
            plan with { Name = source.Name, Database = source.Name }, cancellationToken);
        return new Trial(Server, source, TimeSpan.FromMilliseconds((long)consumer["visibility_timeout_ms"]!), time);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await _log.DisposeAsync();
    }
}
