using System.Collections.Concurrent;
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

    /// <summary>Receives and acks by several receivers until so many messages have come to them.</summary>
    /// <returns>What came.</returns>
    public async Task<IReadOnlyList<RecordedDelivery>> DrainAsync(
        int receivers, int batchSize, int messages, CancellationToken cancellationToken)
    {
        var came = new ConcurrentQueue<RecordedDelivery>();
        await Task.WhenAll(Enumerable.Range(0, receivers).Select(
            _ => Task.Run(() => PullAsync(Connect(), batchSize, messages, came, cancellationToken), cancellationToken)));
        return [.. came];
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

    private async Task PullAsync(
        RecordingClient client, int batchSize, int messages, ConcurrentQueue<RecordedDelivery> came, CancellationToken cancellationToken)
    {
        var (before, progressed) = (0, time.GetTimestamp());
        while (came.Count < messages)
        {
            var call = await client.ReceiveAsync(new ReceiveOptions { BatchSize = batchSize, Wait = Wait }, cancellationToken);
            if (call.Deliveries.Count > 0)
                await client.AckAsync(call.Deliveries, cancellationToken);
            foreach (var delivery in call.Deliveries)
                came.Enqueue(delivery);
            if (came.Count > before)
            {
                (before, progressed) = (came.Count, time.GetTimestamp());
            }
            else if (time.GetElapsedTime(progressed) > StallTimeout + VisibilityTimeout)
            {
                Findings.Add(FindingKinds.Stalled, $"{came.Count} of {messages} came, then nothing more");
                return;
            }
        }
    }
}
