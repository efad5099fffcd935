using Sequin.Testing;
using Sequin.Testing.Clients;
using Sequin.Testing.Servers;
using Sequin.Torture.Ledgers;
using Sequin.Torture.Verdicts;

namespace Sequin.Torture.Pulling;

/// <summary>All pulling clients of a scenario.</summary>
internal sealed class Pullers : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PullClient> _clients;
    private readonly List<TorturePuller> _pullers;
    private readonly Task _pulling;

    public Pullers(
        ServerProcess server, string consumer, int count, int seed, TimeSpan visibilityTimeout, Ledger ledger, Findings findings,
        TimeProvider time)
    {
        // Late is safely behind the end of the lease.
        var lateAfter = visibilityTimeout * 1.25;
        _clients = [.. Enumerable.Range(0, count).Select(_ => new PullClient(server.Address, server.Token, consumer))];
        _pullers = [.. _clients.Select((client, number) => new TorturePuller(
            client, ledger, findings, SeedOf(seed, number), lateAfter, time))];
        _pulling = Task.WhenAll(_pullers.Select(puller => Task.Run(() => puller.RunAsync(_stop.Token))));
    }

    /// <summary>From now on they ack everything, so that the end can be reached.</summary>
    public void BeGood() => _pullers.ForEach(puller => puller.IsGood = true);

    // Other numbers than the writers draw.
    private static int SeedOf(int seed, int number) => unchecked(seed * 397 + 1_000 + number);

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        await _pulling;
        _clients.ForEach(client => client.Dispose());
    }
}
