using System.Diagnostics.Metrics;

namespace Sequin.Grains.Retention;

/// <summary>What retention counts. Meter <c>Sequin</c>.</summary>
internal sealed class RetentionInstruments
{
    private readonly Counter<long> _deleted;
    private readonly Counter<long> _merged;

    public RetentionInstruments(IMeterFactory meters)
    {
        var meter = meters.Create("Sequin");
        _deleted = meter.CreateCounter<long>("sequin.retention.deleted", "{message}", "Messages deleted from streams.");
        _merged = meter.CreateCounter<long>("sequin.retention.merged", "{segment}", "Small segments that went into larger ones.");
    }

    public void OnDeleted(long messages) => _deleted.Add(messages);

    public void OnMerged(int segments) => _merged.Add(segments);
}
