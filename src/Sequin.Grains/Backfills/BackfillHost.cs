using System.Diagnostics.Metrics;
using System.Text.Json;
using Sequin.Core.Identity;
using Sequin.Grains.Consumers;
using Sequin.Postgres.Backfills;
using Sequin.Postgres.Log.Backfills;

namespace Sequin.Grains.Backfills;

/// <summary>What backfills ask of the silo, and what they count. Meter <c>Sequin</c>.</summary>
internal sealed class BackfillHost : IBackfillHost
{
    private readonly IGrainFactory _grains;
    private readonly Counter<long> _rows;
    private readonly Counter<long> _superseded;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _chunks;
    private readonly Counter<long> _repeated;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _ended;

    public BackfillHost(IGrainFactory grains, IMeterFactory meters)
    {
        _grains = grains;
        var meter = meters.Create("Sequin");
        _rows = meter.CreateCounter<long>("sequin.backfill.rows", "{row}", "Rows that backfills brought into streams.");
        _superseded = meter.CreateCounter<long>(
            "sequin.backfill.superseded", "{row}", "Rows left out, because a newer change was in the stream already.");
        _bytes = meter.CreateCounter<long>("sequin.backfill.read", "By", "Read from sources, as they sent it.");
        _chunks = meter.CreateCounter<long>("sequin.backfill.chunks", "{chunk}", "Chunks that came into streams.");
        _repeated = meter.CreateCounter<long>("sequin.backfill.repeated", "{chunk}", "Chunks read again, because their table was changed.");
        _retries = meter.CreateCounter<long>("sequin.backfill.retries", "{retry}", "Failures after which a backfill went on.");
        _ended = meter.CreateCounter<long>("sequin.backfill.ended", "{backfill}", "Backfills that were completed, or failed.");
    }

    public async Task<long> ReadBacklogAsync(ConsumerId consumer, CancellationToken cancellationToken)
    {
        var status = await _grains.GetGrain<IConsumerGrain>(consumer.Value).GetStatusAsync().WaitAsync(cancellationToken);
        return status is null ? 0 : status.Head + 1 - status.NextOffset;
    }

    public void OnChunk(int rows, int superseded, long bytes)
    {
        _chunks.Add(1);
        _rows.Add(rows);
        _superseded.Add(superseded);
        _bytes.Add(bytes);
    }

    public void OnChunkRepeated() => _repeated.Add(1);

    public void OnRetry() => _retries.Add(1);

    public void OnEnded(BackfillState state) =>
        _ended.Add(1, new KeyValuePair<string, object?>("state", JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString())));
}
