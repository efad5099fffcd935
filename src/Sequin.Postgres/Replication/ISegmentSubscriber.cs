using Sequin.Core.Segments;

namespace Sequin.Postgres.Replication;

/// <summary>Hears of segments after they are durable. Must not block: the next batch waits for it.</summary>
public interface ISegmentSubscriber
{
    void OnCommitted(IReadOnlyList<Segment> segments);
}
