using System.Collections.Concurrent;

namespace Sequin.Testing.Histories;

/// <summary>All calls of all receivers of one consumer, and when its server was killed. Thread-safe.</summary>
public sealed class History(TimeProvider time)
{
    private readonly long _begun = time.GetTimestamp();
    private readonly ConcurrentQueue<RecordedCall> _calls = new();
    private readonly ConcurrentQueue<TimeSpan> _kills = new();

    /// <summary>Monotonic, from the beginning of the history.</summary>
    public TimeSpan Now => time.GetElapsedTime(_begun);

    public IReadOnlyCollection<RecordedCall> Calls => _calls;

    public IReadOnlyCollection<TimeSpan> Kills => _kills;

    public void Add(RecordedCall call) => _calls.Enqueue(call);

    /// <summary>To be called right before the server is killed.</summary>
    public void OnKill() => _kills.Enqueue(Now);
}
