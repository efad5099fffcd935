using System.Diagnostics.Metrics;

namespace Sequin.Grains.Consumers;

/// <summary>What consumers count. Meter <c>Sequin</c>.</summary>
internal sealed class ConsumerInstruments
{
    private readonly Counter<long> _delivered;
    private readonly Counter<long> _finished;
    private readonly Counter<long> _dead;
    private readonly Histogram<long> _stateBytes;
    private readonly Histogram<long> _acksPerWrite;

    public ConsumerInstruments(IMeterFactory meters)
    {
        var meter = meters.Create("Sequin");
        _delivered = meter.CreateCounter<long>("sequin.consumer.delivered", "{message}", "Messages leased to receivers, again included.");
        _finished = meter.CreateCounter<long>("sequin.consumer.finished", "{message}", "Messages acked, durably.");
        _dead = meter.CreateCounter<long>("sequin.consumer.dead", "{message}", "Messages that became dead letters.");
        _acksPerWrite = meter.CreateHistogram<long>(
            "sequin.consumer.write.acks", "{message}", "Acks that share one durable write of a consumer's state.");
        _stateBytes = meter.CreateHistogram<long>("sequin.consumer.state", "By", "Size of each durable write of a consumer's state.");
    }

    public void OnDelivered(int messages) => _delivered.Add(messages);

    public void OnFinished(int messages) => _finished.Add(messages);

    public void OnDead(int messages) => _dead.Add(messages);

    public void OnSaved(int bytes, int acks)
    {
        _stateBytes.Record(bytes);
        _acksPerWrite.Record(acks);
    }
}
