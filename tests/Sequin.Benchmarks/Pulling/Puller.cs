using System.Net.Sockets;
using Sequin.Testing.Clients;

namespace Sequin.Benchmarks.Pulling;

/// <summary>A client on a thread of its own: receives a batch, acks it, and again.</summary>
internal sealed class Puller : IDisposable
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    private readonly RawPullClient _client;
    private readonly Deliveries _deliveries;
    private readonly Thread _thread;
    private volatile bool _isStopped;

    public Puller(Uri server, string token, string consumer, int batchSize, Deliveries deliveries)
    {
        _client = new RawPullClient(server, token, consumer, batchSize, Wait);
        _deliveries = deliveries;
        _thread = new Thread(Run) { IsBackground = true, Name = "puller" };
        _thread.Start();
    }

    public void Dispose()
    {
        _isStopped = true;
        _client.Dispose();
        _thread.Join();
    }

    // What goes wrong fails the deliveries.
    private void Run()
    {
        try
        {
            var batch = new ScannedBatch();
            while (!_isStopped)
            {
                _client.Receive(batch);
                if (batch.Count > 0)
                    _deliveries.Add(batch.Offsets, _client.Ack(batch));
            }
        }
        catch (Exception broken) when (_isStopped && broken is SocketException or ObjectDisposedException or HttpRequestException)
        {
            // Stopped while it waited for an answer.
        }
        catch (Exception failure)
        {
            _deliveries.Fail(failure);
        }
    }
}
