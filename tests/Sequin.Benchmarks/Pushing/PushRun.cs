using Sequin.Benchmarks.Backlogs;
using Sequin.Postgres.Embedded;
using Sequin.Testing.Clients;
using Sequin.Testing.Servers;

namespace Sequin.Benchmarks.Pushing;

/// <summary>What one run took.</summary>
/// <param name="Elapsed">From the creation of the database, or of the consumer, to the answer to the last request.</param>
/// <param name="ServerCpu">Of the server process.</param>
/// <param name="Requests">How many it sent.</param>
internal sealed record PushResult(TimeSpan Elapsed, TimeSpan ServerCpu, long Requests);

/// <summary>A fresh server pushes a backlog to a receiver on this machine. A first pass over another copy is not counted.</summary>
internal sealed class PushRun(EmbeddedPostgres postgres, Backlog backlog)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    /// <param name="slot">Name of everything that is made.</param>
    /// <param name="plan">How it pushes.</param>
    /// <param name="messages">How many.</param>
    /// <param name="fromLog">The backlog is in the log before it counts.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<PushResult> RunAsync(
        string slot, PushPlan plan, long messages, bool fromLog, CancellationToken cancellationToken)
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
            await MeasureAsync(server, warmUp, plan, messages, fromLog, cancellationToken);
            result = await MeasureAsync(server, slot, plan, messages, fromLog, cancellationToken);
        }

        await Databases.DropAsync(postgres.ConnectionString, logDatabase, cancellationToken);
        await backlog.DropSlotAsync(slot, cancellationToken);
        await backlog.DropSlotAsync(warmUp, cancellationToken);
        return result;
    }

    private async Task<PushResult> MeasureAsync(
        ServerProcess server, string slot, PushPlan plan, long messages, bool fromLog, CancellationToken cancellationToken)
    {
        await using var hook = await CountingHook.StartAsync(messages, cancellationToken);
        using var api = new ApiClient(server.Address, server.Token);
        var (cpu, started) = (server.CpuTime, TimeProvider.System.GetTimestamp());
        await api.CreateDatabaseAsync(slot, backlog.ConnectionString, slot, Backlog.Publication, cancellationToken);
        if (fromLog)
        {
            await ReadAsync(api, slot, cancellationToken);
            (cpu, started) = (server.CpuTime, TimeProvider.System.GetTimestamp());
        }

        await api.CreatePushConsumerAsync(slot, slot, hook.Url, plan, cancellationToken);
        await hook.WhenDoneAsync(cancellationToken);
        var result = new PushResult(TimeProvider.System.GetElapsedTime(started), server.CpuTime - cpu, hook.Requests);
        await api.DeleteConsumerAsync(slot, cancellationToken);
        return result;
    }

    private async Task ReadAsync(ApiClient api, string stream, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(LookInterval);
        while (await api.GetLastOffsetAsync(stream, cancellationToken) < backlog.Changes)
            await timer.WaitForNextTickAsync(cancellationToken);
    }
}
