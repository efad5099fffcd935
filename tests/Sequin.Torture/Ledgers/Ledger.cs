using Sequin.Core.Changes;
using Sequin.Testing;
using Sequin.Testing.Clients;
using Sequin.Torture.Verdicts;

namespace Sequin.Torture.Ledgers;

/// <summary>
/// All that the pulling clients saw, in one order. What can be judged at once is judged here; the rest at the end, by
/// <see cref="Verdict"/>. Thread-safe.
/// </summary>
public sealed class Ledger(TimeSpan visibilityTimeout, Findings findings, TimeProvider time)
{
    private static readonly HashSet<string> Finishing = ["acked", "already_acked", "acked_late"];

    private readonly Lock _lock = new();
    private readonly Dictionary<long, LedgerEntry> _entries = [];
    private readonly Dictionary<string, SortedSet<long>> _openByKey = [];
    private readonly SortedDictionary<string, int> _statuses = new(StringComparer.Ordinal);
    private readonly List<(Func<Ledger, bool> Condition, TaskCompletionSource Met)> _waiters = [];
    private long _deliveries;

    /// <summary>Offsets that the server said are finished.</summary>
    public int Finished { get; private set; }

    /// <summary>Offsets that were seen and must come again: neither finished, nor is an ack of theirs without an answer.</summary>
    public int Open { get; private set; }

    /// <summary>Offsets that were seen.</summary>
    public int Seen
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    public long Deliveries
    {
        get
        {
            lock (_lock)
                return _deliveries;
        }
    }

    /// <summary>By offset.</summary>
    public IReadOnlyList<LedgerEntry> Entries
    {
        get
        {
            lock (_lock)
                return [.. _entries.Values.OrderBy(entry => entry.Offset)];
        }
    }

    /// <summary>How often each status was answered to an ack or nack.</summary>
    public string StatusCounts
    {
        get
        {
            lock (_lock)
                return string.Join(", ", _statuses.Select(status => $"{status.Key} {status.Value}"));
        }
    }

    /// <summary>A receive was answered. To be called before anything is done with the messages.</summary>
    /// <param name="messages">Its messages in the answer's order.</param>
    /// <param name="requestedAt">Timestamp of when it was sent.</param>
    public void OnReceived(IReadOnlyList<PulledMessage> messages, long requestedAt)
    {
        var changes = messages.Select(message => DeliveredChange.Parse(message.Data)).ToList();
        lock (_lock)
        {
            var answeredAt = time.GetTimestamp();
            var inBatch = new HashSet<long>();
            for (var i = 0; i < messages.Count; i++)
            {
                var entry = Deliver(messages[i], changes[i], requestedAt, answeredAt);
                CheckPredecessors(entry, inBatch);
                inBatch.Add(entry.Offset);
            }

            MeetWaiters();
        }
    }

    /// <summary>To be called before the request goes out: from then on nobody knows whether they are acked.</summary>
    public void OnAckSent(IEnumerable<long> offsets)
    {
        lock (_lock)
        {
            foreach (var offset in offsets)
            {
                var entry = _entries[offset];
                Open -= entry.IsOpen ? 1 : 0;
                entry.IsAckSent = entry.IsAckUnknown = true;
                foreach (var key in entry.Keys)
                    _openByKey.GetValueOrDefault(key)?.Remove(offset);
            }

            MeetWaiters();
        }
    }

    /// <summary>The server said what became of a receipt.</summary>
    public void OnStatus(long offset, string status)
    {
        lock (_lock)
        {
            _statuses[status] = _statuses.GetValueOrDefault(status) + 1;
            var entry = _entries[offset];
            if (entry.FinishedAt is not null)
                return;
            Open -= entry.IsOpen ? 1 : 0;
            entry.IsAckUnknown = false;
            if (Finishing.Contains(status))
            {
                entry.FinishedAt = time.GetTimestamp();
                Finished++;
            }

            Open += entry.IsOpen ? 1 : 0;
            MeetWaiters();
        }
    }

    public bool HasSeen(string key)
    {
        lock (_lock)
            return _openByKey.ContainsKey(key);
    }

    /// <summary>Completes when the condition holds; it is looked at after every event.</summary>
    public Task WhenAsync(Func<Ledger, bool> condition)
    {
        lock (_lock)
        {
            if (condition(this))
                return Task.CompletedTask;
            var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((condition, met));
            return met.Task;
        }
    }

    private LedgerEntry Deliver(PulledMessage message, DeliveredChange change, long requestedAt, long answeredAt)
    {
        _deliveries++;
        if (!_entries.TryGetValue(message.Offset, out var entry))
        {
            entry = new LedgerEntry(message.Offset, _entries.Count, message.Data, change);
            _entries.Add(message.Offset, entry);
            Open++;
            return entry;
        }

        entry.Deliveries++;
        if (!entry.Data.SequenceEqual(message.Data))
        {
            findings.Add(FindingKinds.Unstable,
                $"{entry} came as {change.Action} {change.Key}, {new Lsn(change.CommitLsn)} {change.CommitIndex}");
        }

        if (entry.FinishedAt is { } finishedAt && CannotHaveCrossed(finishedAt, requestedAt, answeredAt))
        {
            findings.Add(FindingKinds.Resurrected,
                $"{entry}, delivery {message.DeliveryCount}, {time.GetElapsedTime(finishedAt, answeredAt).TotalMilliseconds:F0} ms later");
        }

        return entry;
    }

    // A delivery that was on its way for longer than the lease may be older than the one that was acked. Any other was leased either
    // after the ack, or while the acked receipt was not the valid one.
    private bool CannotHaveCrossed(long finishedAt, long requestedAt, long answeredAt) =>
        requestedAt > finishedAt || time.GetElapsedTime(requestedAt, answeredAt) < visibilityTimeout;

    // Of one key, the next comes only when the previous is acked, or in the same answer behind it.
    private void CheckPredecessors(LedgerEntry entry, HashSet<long> inBatch)
    {
        foreach (var key in entry.Keys)
        {
            if (!_openByKey.TryGetValue(key, out var open))
                _openByKey[key] = open = [];
            foreach (var earlier in open.Where(offset => offset < entry.Offset && !inBatch.Contains(offset)))
                findings.Add(FindingKinds.Overtaken, $"{entry} came before {_entries[earlier]} was acked");
            if (!entry.IsAckSent)
                open.Add(entry.Offset);
        }
    }

    private void MeetWaiters()
    {
        foreach (var (_, met) in _waiters.Where(waiter => waiter.Condition(this)))
            met.SetResult();
        _waiters.RemoveAll(waiter => waiter.Met.Task.IsCompleted);
    }
}
