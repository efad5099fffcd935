using Sequin.Benchmarks.Backlogs;
using Sequin.Postgres.Embedded;
using Sequin.Testing.Clients;
using Sequin.Testing.Servers;

namespace Sequin.Benchmarks.Pushing;

/// <summary>What one run took.</summary>
/// <param name="Elapsed">From the creation of the database to the answer to the last request.</param>
/// <param name="ServerCpu">Of the server process.</param>
/// <param name="Requests">How many it sent.</param>
internal sealed record PushResult(TimeSpan Elapsed, TimeSpan ServerCpu, long Requests);

/// <summary>A fresh server pushes a backlog to a receiver on this machine. A first pass over another copy is not counted.</summary>
internal sealed class PushRun(EmbeddedPostgres postgres, Backlog backlog)
{
    public async Task<PushResult> RunAsync(string slot, PushPlan plan, long messages, CancellationToken cancellationToken)
    {
        var warmUp = $"{slot}_warm_up";
        await backlog.CopySlotAsync(slot, cancellationToken);
        await backlog.CopySlotAsync(warmUp, cancellationToken);
        await backlog.CheckpointAsync(cancellationToken);
        var logDatabase = $"log_of_{slot}";
        var options = new ServerProcessOptions
        {
            LogConnectionString = await Databases.CreateAsync(postgres.ConnectionString, logDatabase, cancellationToken),
            Environment = new Dictionary<string, string> { ["SEQUIN_ALLOW_PRIVATE_ENDPOINTS"] = "true" },
        };
        PushResult result;
        await using (var server = await ServerProcess.StartAsync(options, cancellationToken))
        {
            await MeasureAsync(server, warmUp, plan, messages, cancellationToken);
            result = await MeasureAsync(server, slot, plan, messages, cancellationToken);
        }

        await Databases.DropAsync(postgres.ConnectionString, logDatabase, cancellationToken);
        await backlog.DropSlotAsync(slot, cancellationToken);
        await backlog.DropSlotAsync(warmUp, cancellationToken);
        return result;
    }

    private async Task<PushResult> MeasureAsync(
        ServerProcess server, string slot, PushPlan plan, long messages, CancellationToken cancellationToken)
    {
        await using var hook = await CountingHook.StartAsync(messages, cancellationToken);
        using var api = new ApiClient(server.Address, server.Token);
        var cpu = server.CpuTime;
        var started = TimeProvider.System.GetTimestamp();
        await api.CreateDatabaseAsync(slot, backlog.ConnectionString, slot, Backlog.Publication, cancellationToken);
        await api.CreatePushConsumerAsync(slot, slot, hook.Url, plan, cancellationToken);
        await hook.WhenDoneAsync(cancellationToken);
        var result = new PushResult(TimeProvider.System.GetElapsedTime(started), server.CpuTime - cpu, hook.Requests);
        await api.DeleteConsumerAsync(slot, cancellationToken);
        return result;
    }
}
