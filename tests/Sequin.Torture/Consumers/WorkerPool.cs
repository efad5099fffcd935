using System.Globalization;
using Sequin.Testing;
using Sequin.Testing.Clients;
using Sequin.Testing.Servers;
using Sequin.Torture.Verdicts;

namespace Sequin.Torture.Consumers;

/// <summary>
/// Workers of one consumer, of which one comes or goes every moment: sometimes in the middle of a receive. What they get is judged
/// as it comes: each message once, and those of a row in order.
/// </summary>
internal sealed class WorkerPool : IDisposable
{
    private const int BatchSizeMax = 50;
    private static readonly TimeSpan ChangeInterval = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _versions = [];
    private readonly HashSet<long> _acked = [];
    private readonly List<CancellationTokenSource> _workers = [];
    private readonly List<Task> _tasks = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ServerProcess _server;
    private readonly string _consumer;
    private readonly long _from;
    private readonly long _to;
    private readonly Findings _findings;
    private readonly Random _random;
    private readonly int _workersMax;
    private readonly TimeProvider _time;
    private readonly Task _changing;
    private int _came;
    private int _went;

    public WorkerPool(
        ServerProcess server, string consumer, long from, long to, Findings findings, Random random, int workersMax, TimeProvider time)
    {
        (_server, _consumer, _from, _to, _findings, _random, _workersMax, _time) =
            (server, consumer, from, to, findings, random, workersMax, time);
        _changing = ChangeAsync();
    }

    /// <summary>Waits until every message of its part is acked, or nothing more comes.</summary>
    public async Task CompleteAsync(TimeSpan stallTimeout, CancellationToken cancellationToken)
    {
        for (var before = -1; !_complete.Task.IsCompleted && before < Acked;)
        {
            before = Acked;
            await Task.WhenAny(_complete.Task, Task.Delay(stallTimeout, _time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }

        await _stop.CancelAsync();
        await _changing;
        await Task.WhenAll(_tasks);
        if (Acked != _to - _from + 1)
            _findings.Add(FindingKinds.Stalled, $"{_consumer}: {Acked} of {_to - _from + 1} messages were acked");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Acked} acked once by {_came} workers that came and {_went} that went");

    public void Dispose() => _stop.Dispose();

    private int Acked
    {
        get
        {
            lock (_lock)
                return _acked.Count;
        }
    }

    private async Task ChangeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            if (_workers.Count > 1 && (_workers.Count == _workersMax || _random.Next(2) == 0))
            {
                await _workers[0].CancelAsync();
                _workers.RemoveAt(0);
                _went++;
            }
            else
            {
                var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                _workers.Add(stop);
                _tasks.Add(WorkAsync(_random.Next(1, BatchSizeMax + 1), isRude: _random.Next(4) == 0, stop));
                _came++;
            }

            await Task.Delay(ChangeInterval, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <param name="batchSize">Of its receives.</param>
    /// <param name="isRude">It goes in the middle of a receive; else it answers for what it has.</param>
    /// <param name="stop">When it goes.</param>
    private async Task WorkAsync(int batchSize, bool isRude, CancellationTokenSource stop)
    {
        using var client = new PullClient(_server.Address, _server.Token, _consumer);
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var messages = await client.ReceiveAsync(batchSize, Wait, isRude ? stop.Token : CancellationToken.None);
                if (messages.Count == 0)
                    continue;
                lock (_lock)
                    Judge(messages);
                var statuses = await client.AckAsync(messages.Select(message => message.AckId), CancellationToken.None);
                lock (_lock)
                    Note(messages, statuses);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What it may have been given goes to another one.
        }
        catch (Exception failure)
        {
            _findings.Add(FindingKinds.Refused, $"{_consumer}: {failure.Message}");
        }
    }

    private void Judge(IReadOnlyList<PulledMessage> messages)
    {
        foreach (var message in messages)
        {
            var (identity, group) = TaskSource.Identify(message.Data);
            var version = long.Parse(identity.AsSpan(group.Length + 1), CultureInfo.InvariantCulture);
            if (_versions.TryGetValue(group, out var last) && version != last + 1)
                _findings.Add(FindingKinds.KeyOrder, $"{_consumer}: row {group} came in version {version} behind {last}");
            _versions[group] = version;
        }
    }

    private void Note(IReadOnlyList<PulledMessage> messages, IReadOnlyList<ReceiptStatus> statuses)
    {
        for (var i = 0; i < messages.Count; i++)
        {
            var offset = messages[i].Offset;
            if (statuses[i].Status != "acked")
                _findings.Add(FindingKinds.Refused, $"{_consumer}: the ack of offset {offset} was answered with {statuses[i].Status}");
            if (offset < _from || offset > _to || !_acked.Add(offset))
                _findings.Add(FindingKinds.Resurrected, $"{_consumer}: offset {offset} came twice, or is not its");
        }

        if (_acked.Count == _to - _from + 1)
            _complete.TrySetResult();
    }
}
