using Sequin.Core.Segments;

namespace Sequin.Postgres.Replication;

/// <summary>Hears of what the pump has written, after it is durable. Must not block: the next batch waits for it.</summary>
public interface ISegmentSubscriber
{
    void OnCommitted(IReadOnlyList<Segment> segments);

    /// <summary>A change that is in no segment.</summary>
    void OnSetAside(UndecodableChange change);
}
