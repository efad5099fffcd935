using Sequin.Testing.Clients;

namespace Sequin.Benchmarks.Throughput;

/// <summary>A client: receives a batch, acks it, and again.</summary>
internal static class Puller
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    /// <summary>Until cancelled; what goes wrong fails the deliveries.</summary>
    public static async Task RunAsync(PullClient client, int batchSize, Deliveries deliveries, CancellationToken cancellationToken)
    {
        try
        {
            var batch = new ScannedBatch();
            while (true)
            {
                await client.ReceiveAsync(batch, batchSize, Wait, cancellationToken);
                if (batch.Count == 0)
                    continue;
                var acked = await client.AckAsync(batch, cancellationToken);
                deliveries.Add(batch.Offsets, acked);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // All is acked.
        }
        catch (Exception failure)
        {
            deliveries.Fail(failure);
        }
    }
}
