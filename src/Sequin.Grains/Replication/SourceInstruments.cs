using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Source.Safety;

namespace Sequin.Grains.Replication;

/// <summary>What is measured at sources. Meter <c>Sequin</c>; tag <c>database</c>.</summary>
internal sealed class SourceInstruments
{
    /// <summary>A reading that is older says nothing: another silo has taken over.</summary>
    private static readonly TimeSpan ReadingAgeMax = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<DatabaseId, (string Name, SlotReading Reading, long ReadAt)> _readings = new();
    private readonly TimeProvider _time;
    private readonly Counter<long> _setAside;

    public SourceInstruments(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create("Sequin");
        _setAside = meter.CreateCounter<long>(
            "sequin.source.undecodable", "{change}", "Changes that could not be written as messages and were set aside.");
        meter.CreateObservableGauge<long>(
            "sequin.slot.retained", () => Measure(reading => reading.RetainedBytes), "By", "WAL that the slot holds back.");
        meter.CreateObservableGauge<long>(
            "sequin.slot.safe", () => Measure(reading => reading.SafeWalBytes), "By", "WAL that can be written before the slot may be lost.");
        meter.CreateObservableGauge<double>(
            "sequin.slot.time_to_loss", () => Measure(reading => reading.TimeToLoss?.TotalSeconds), "s", "The same at the recent rate.");
        meter.CreateObservableGauge<double>(
            "sequin.source.wal", () => Measure(reading => reading.WalBytesPerSecond), "By/s", "WAL that the source's server writes.");
        meter.CreateObservableGauge<double>(
            "sequin.source.oldest_transaction", () => Measure(reading => reading.OldestTransaction?.TotalSeconds), "s",
            "Age of the oldest transaction that has written and not ended.");
    }

    public void OnRead(DatabaseRecord database, SlotReading reading) =>
        _readings[database.Id] = (database.Name, reading, _time.GetTimestamp());

    public void OnSetAside(DatabaseRecord database) =>
        _setAside.Add(1, new KeyValuePair<string, object?>("database", database.Name));

    public void Forget(DatabaseId database) => _readings.TryRemove(database, out _);

    private IEnumerable<Measurement<T>> Measure<T>(Func<SlotReading, T?> value) where T : struct
    {
        foreach (var (name, reading, readAt) in _readings.Values)
        {
            if (_time.GetElapsedTime(readAt) < ReadingAgeMax && value(reading) is { } measured)
                yield return new Measurement<T>(measured, new KeyValuePair<string, object?>("database", name));
        }
    }
}
