using Sequin.Benchmarks.Backlogs;
using Sequin.Benchmarks.Pulling;
using Sequin.Postgres.Embedded;
using Sequin.Testing.Clients;
using Sequin.Testing.Servers;

namespace Sequin.Benchmarks.Throughput;

/// <summary>
/// One repetition: a fresh log database and a fresh server stream a copy of the backlog to pulling clients. A first pass over
/// another copy is not counted: a server runs for weeks, and its compiler for the first seconds of them.
/// </summary>
internal sealed class PipelineRun(EmbeddedPostgres postgres, Backlog backlog, ThroughputSettings settings)
{
    public async Task<PipelineResult> RunAsync(string slot, string warmUpSlot, CancellationToken cancellationToken)
    {
        var logDatabase = $"log_of_{slot}";
        var log = await Databases.CreateAsync(postgres.ConnectionString, logDatabase, cancellationToken);
        PipelineResult result;
        await using (var server = await ServerProcess.StartAsync(new ServerProcessOptions { LogConnectionString = log }, cancellationToken))
        {
            try
            {
                await MeasureAsync(server, warmUpSlot, logDatabase, cancellationToken);
                result = await MeasureAsync(server, slot, logDatabase, cancellationToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                throw new InvalidOperationException($"{failure.Message}\nThe server's last lines:\n{server.Output}", failure);
            }
        }

        await Databases.DropAsync(postgres.ConnectionString, logDatabase, cancellationToken);
        return result;
    }

    private async Task<PipelineResult> MeasureAsync(
        ServerProcess server, string slot, string logDatabase, CancellationToken cancellationToken)
    {
        await using var backends = await BackendCpuSampler.StartAsync(postgres.ConnectionString, logDatabase, cancellationToken);
        using var api = new ApiClient(server.Address, server.Token);
        var deliveries = new Deliveries(backlog.Changes, backlog.Changes);
        var serverCpu = server.CpuTime;
        var clientCpu = ProcessUsage.CpuTime(Environment.ProcessId);

        var started = TimeProvider.System.GetTimestamp();
        await api.CreateDatabaseAsync(slot, backlog.ConnectionString, slot, Backlog.Publication, cancellationToken);
        await api.CreateConsumerAsync(slot, slot, visibilityTimeout: null, cancellationToken);
        await PullRun.RunAsync(server, slot, settings.Clients, settings.BatchSize, deliveries, cancellationToken);
        var elapsed = TimeProvider.System.GetElapsedTime(started);

        var result = new PipelineResult(
            elapsed, server.CpuTime - serverCpu, server.PeakMemoryMiB, await backends.StopAsync(cancellationToken),
            ProcessUsage.CpuTime(Environment.ProcessId) - clientCpu);
        await PullRun.EnsureEmptyAsync(server, slot, cancellationToken);
        return result;
    }
}
