using Sequin.Testing.Clients;
using Sequin.Testing.Servers;

namespace Sequin.Benchmarks.Pulling;

/// <summary>Clients that pull from one consumer and ack, until enough is acked.</summary>
internal static class PullRun
{
    private static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(60);

    /// <returns>From the first request to the last ack that counts.</returns>
    public static async Task<TimeSpan> RunAsync(
        ServerProcess server, string consumer, int clients, int batchSize, Deliveries deliveries, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        var pullers = Enumerable.Range(0, clients)
            .Select(_ => new Puller(server.Address, server.Token, consumer, batchSize, deliveries)).ToList();
        try
        {
            await WaitAsync(deliveries, cancellationToken);
            return TimeProvider.System.GetElapsedTime(started);
        }
        finally
        {
            pullers.ForEach(puller => puller.Dispose());
        }
    }

    public static async Task EnsureEmptyAsync(ServerProcess server, string consumer, CancellationToken cancellationToken)
    {
        using var client = new PullClient(server.Address, server.Token, consumer);
        var more = await client.ReceiveAsync(1, TimeSpan.Zero, cancellationToken);
        if (more.Count > 0)
            throw new InvalidDataException($"Offset {more[0].Offset} came after everything had been acked.");
    }

    private static async Task WaitAsync(Deliveries deliveries, CancellationToken cancellationToken)
    {
        while (true)
        {
            var before = deliveries.Acked;
            try
            {
                await deliveries.Complete.WaitAsync(StallTimeout, TimeProvider.System, cancellationToken);
                return;
            }
            catch (TimeoutException) when (deliveries.Acked > before)
            {
                // Slow, and on its way.
            }
            catch (TimeoutException)
            {
                throw new TimeoutException($"Nothing was acked for {StallTimeout}; {before} messages were before.");
            }
        }
    }
}
