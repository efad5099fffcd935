using Microsoft.Extensions.Logging;
using Sequin.Core.Identity;
using Sequin.Grains.Consumers;
using Sequin.Grains.Streams;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Retention;

namespace Sequin.Grains.Retention;

/// <summary>
/// Looks after one stream:
/// <code>
/// 1 what should go        by age and room (RetentionPlan); the newest segment never does
/// 2 who still needs it    each consumer is asked how far it is, durably
/// 3 delete                unless a consumer was put somewhere since; with limit drop, what consumers lose is noted in the same transaction
/// 4 tell                  the stream, so that nothing is served that is gone, and consumers that were overtaken
/// 5 merge                 small old segments
/// </code>
/// </summary>
internal sealed partial class RetentionPass(
    RetentionStore store, SegmentMerger merger, IGrainFactory grains, RetentionInstruments instruments, ILogger<RetentionPass> logger)
{
    /// <summary>Deletions in one pass; what is left goes in the next.</summary>
    private const int DeletionsMax = 20;

    private readonly Dictionary<StreamKey, long> _merged = [];

    /// <returns>Whether something is left that another pass could do at once.</returns>
    public async Task<bool> RunAsync(KeptStream stream, CancellationToken cancellationToken)
    {
        var isDone = stream.Retention.KeepsEverything;
        if (isDone && stream.IsOverQuota)
            await store.SaveAsync(stream, null, isOverQuota: false, cancellationToken);
        for (var i = 0; i < DeletionsMax && !isDone; i++)
            isDone = !await DeleteSomeAsync(stream, cancellationToken);

        var (after, merged) = await merger.RunAsync(stream.Id, _merged.GetValueOrDefault(stream.Id), cancellationToken);
        _merged[stream.Id] = after;
        instruments.OnMerged(merged);
        return !isDone;
    }

    /// <returns>Whether there may be more.</returns>
    private async Task<bool> DeleteSomeAsync(KeptStream stream, CancellationToken cancellationToken)
    {
        var oldest = await store.ListOldestAsync(stream.Id, cancellationToken);
        var (bytes, now) = await store.MeasureAsync(stream.Id, cancellationToken);
        var wanted = RetentionPlan.Wanted(stream.Retention, oldest, bytes, now);
        var floors = wanted == 0 ? [] : await AskAsync(stream, cancellationToken);
        var drops = stream.Retention.Limit == RetentionLimit.Drop;
        var allowed = RetentionPlan.Allowed(
            wanted, oldest, drops || floors.Count == 0 ? long.MaxValue : floors.Min(consumer => consumer.Floor));
        long? deleted = 0;
        if (allowed > 0)
        {
            List<(ConsumerId Consumer, long Floor)> overtaken = [.. floors.Where(consumer => consumer.Floor < allowed)];
            deleted = await store.DeleteAsync(stream, allowed, overtaken, cancellationToken);
            if (deleted is { } messages)
                await TellAsync(stream, allowed, overtaken, messages, cancellationToken);
        }

        var gone = deleted is null ? 0 : oldest.Where(segment => segment.LastOffset <= allowed).Sum(segment => segment.Bytes);
        var isOver = !drops && stream.Retention.MaxBytes is { } max && bytes - gone > max;
        await store.SaveAsync(stream, stream.Retention.MaxBytes is null ? null : bytes - gone, isOver, cancellationToken);
        if (isOver && !stream.IsOverQuota)
            LogFull(stream.Name, bytes - gone);
        return deleted > 0 && oldest.Count == RetentionStore.SegmentsMax;
    }

    /// <summary>How far every consumer is; one that is gone needs nothing.</summary>
    private async Task<List<(ConsumerId Consumer, long Floor)>> AskAsync(KeptStream stream, CancellationToken cancellationToken)
    {
        var floors = new List<(ConsumerId, long)>();
        foreach (var consumer in await store.ListConsumersAsync(stream.Id, cancellationToken))
        {
            if (await grains.GetGrain<IConsumerGrain>(consumer.Value).SaveFloorAsync(cancellationToken) is { } floor)
                floors.Add((consumer, floor));
        }

        return floors;
    }

    private async Task TellAsync(
        KeptStream stream, long through, List<(ConsumerId Consumer, long Floor)> overtaken, long messages,
        CancellationToken cancellationToken)
    {
        instruments.OnDeleted(messages);
        await grains.GetGrain<IStreamGrain>(stream.Id.Value).TrimAsync(through);
        foreach (var (consumer, floor) in overtaken)
        {
            LogOvertaken(stream.Name, consumer, floor + 1, through);
            await grains.GetGrain<IConsumerGrain>(consumer.Value).DropAsync(through, cancellationToken);
        }
    }

    [LoggerMessage(LogLevel.Warning,
        "Stream {StreamName} takes {Bytes} bytes, more than its max_bytes, and its consumers have not finished what would have to go: "
            + "nothing more is read from its source until they have.")]
    private partial void LogFull(string streamName, long bytes);

    [LoggerMessage(LogLevel.Warning,
        "Stream {StreamName} dropped the offsets {FromOffset} to {Offset}, which consumer {ConsumerId} had not finished.")]
    private partial void LogOvertaken(string streamName, ConsumerId consumerId, long fromOffset, long offset);
}
