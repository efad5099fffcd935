using System.Text.Json;
using Sequin.Testing.Clients;

namespace Sequin.Benchmarks.Latency;

/// <summary>A client that waits in a long poll, notes the moment of its answer, and acks.</summary>
internal static class LatencyPuller
{
    private const int BatchSize = 10;

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);

    /// <summary>Until cancelled; what goes wrong fails the times.</summary>
    public static async Task RunAsync(PullClient client, LatencyTimes times, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var messages = await client.ReceiveAsync(BatchSize, Wait, cancellationToken);
                var answered = TimeProvider.System.GetTimestamp();
                foreach (var message in messages)
                    times.OnDelivered(IdOf(message), answered);
                if (messages.Count > 0)
                    await client.AckAsync(messages.Select(message => message.AckId), cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // All is delivered.
        }
        catch (Exception failure)
        {
            times.Fail(failure);
        }
    }

    private static int IdOf(PulledMessage message)
    {
        using var data = JsonDocument.Parse(message.Data);
        return data.RootElement.GetProperty("record").GetProperty("id").GetInt32();
    }
}
