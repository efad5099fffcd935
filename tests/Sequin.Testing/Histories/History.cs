using System.Collections.Concurrent;

namespace Sequin.Testing.Histories;

/// <summary>All calls of all receivers of one consumer, and when its server was killed. Thread-safe.</summary>
public sealed class History(TimeProvider time)
{
    private readonly long _begun = time.GetTimestamp();
    private readonly ConcurrentQueue<RecordedCall> _calls = new();
    private readonly ConcurrentQueue<(TimeSpan From, TimeSpan To)> _kills = new();

    /// <summary>Monotonic, from the beginning of the history.</summary>
    public TimeSpan Now => time.GetElapsedTime(_begun);

    public IReadOnlyCollection<RecordedCall> Calls => _calls;

    /// <summary>Between which times each happened.</summary>
    public IReadOnlyCollection<(TimeSpan From, TimeSpan To)> Kills => _kills;

    public void Add(RecordedCall call) => _calls.Enqueue(call);

    /// <summary>The server was killed, between then and now.</summary>
    public void AddKill(TimeSpan from) => _kills.Enqueue((from, Now));
}
