using Sequin.Testing;
using Sequin.Testing.Clients;
using Sequin.Testing.Histories;
using Sequin.Testing.Servers;
using Sequin.Torture.Scenarios;
using Sequin.Torture.Verdicts;

namespace Sequin.Torture.Consumers;

/// <summary>One consumer, everything its receivers saw, and what is wrong with it.</summary>
internal sealed class Trial(ServerProcess server, TaskSource source, TimeSpan visibilityTimeout, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(30);

    private readonly List<RecordingClient> _clients = [];

    public TaskSource Source { get; } = source;
    public History History { get; } = new(time);
    public Findings Findings { get; } = new();
    public List<string> Facts { get; } = [];

    /// <summary>The consumer's.</summary>
    public TimeSpan VisibilityTimeout { get; } = visibilityTimeout;

    /// <summary>A receiver with a connection of its own; ends with the trial.</summary>
    public RecordingClient Connect()
    {
        var client = new RecordingClient(
            new PullClient(server.Address, server.Token, Source.Name), History, TaskSource.Identify, VisibilityTimeout);
        lock (_clients)
            _clients.Add(client);
        return client;
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        var from = History.Now;
        await server.KillAsync(cancellationToken);
        History.AddKill(from);
    }

    public Task RestartAsync(CancellationToken cancellationToken) => server.RestartAsync(cancellationToken);

    /// <summary>Receives and acks by several receivers until so many messages have come to them; all of them have what they asked for.</summary>
    /// <returns>What came, in the order of arrival.</returns>
    public async Task<IReadOnlyList<RecordedDelivery>> DrainAsync(
        int receivers, int batchSize, int messages, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var came = new List<RecordedDelivery>();
        await Task.WhenAll(Enumerable.Range(0, receivers).Select(_ => Task.Run(() => PullAsync(Connect()), stop.Token)));
        return came;

        async Task PullAsync(RecordingClient client)
        {
            var progressed = time.GetTimestamp();
            while (Count() < messages)
            {
                var call = await client.ReceiveAsync(new ReceiveOptions { BatchSize = batchSize, Wait = Wait }, stop.Token);
                if (call.Deliveries.Count > 0)
                {
                    progressed = time.GetTimestamp();
                    await client.AckAsync(call.Deliveries, stop.Token);
                    lock (came)
                        came.AddRange(call.Deliveries);
                }
                else if (time.GetElapsedTime(progressed) > StallTimeout)
                {
                    Findings.Add(FindingKinds.Stalled, $"{StallTimeout} without a message: {Count()} of {messages} came");
                    return;
                }
            }
        }

        int Count()
        {
            lock (came)
                return came.Count;
        }
    }

    /// <summary>The consumer must be empty and stay so while every lease there was runs out.</summary>
    public async Task ExpectNothingAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var call = await Connect().ReceiveAsync(new ReceiveOptions { BatchSize = 1000, Wait = duration }, cancellationToken);
        foreach (var delivery in call.Deliveries)
            Findings.Add(FindingKinds.Resurrected, $"offset {delivery.Offset} came after all were acked");
    }

    public void Expect(bool condition, string otherwise)
    {
        if (!condition)
            Findings.Add(FindingKinds.Refused, otherwise);
    }

    /// <summary>When everybody is done: compares with the source.</summary>
    public async Task<TortureReport> ReportAsync(int seed, CancellationToken cancellationToken)
    {
        var committed = await Source.CommittedAsync(cancellationToken);
        HistoryVerifier.Verify(History, committed, new HashSet<long>(), Findings);
        var deliveries = History.Calls.Sum(call => call.Deliveries.Count);
        var statuses = History.Calls.SelectMany(call => call.Statuses).CountBy(status => status).OrderBy(pair => pair.Key);
        Facts.Add($"{committed.Count} changes in {deliveries} deliveries, {History.Calls.Count} calls of {_clients.Count} connections, "
            + $"{History.Calls.Count(call => call.End is null)} without an answer. "
            + $"Receipts: {string.Join(", ", statuses.Select(pair => $"{pair.Key} {pair.Value}"))}.");
        return new TortureReport(seed, Findings, Facts, server.Output);
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await Source.DisposeAsync();
    }
}
