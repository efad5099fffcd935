using Sequin.Grains.Consumers;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.DeadLetters;
using Sequin.Postgres.Log.Retention;
using Sequin.Postgres.Log.Segments;

namespace Sequin.Server.Consumers;

/// <summary>Asks a consumer what it is doing, and the log what its positions mean.</summary>
internal sealed class ConsumerStatusReader(
    IGrainFactory grains, MessageLookup messages, DeadLetterStore deadLetters, RetentionStore retention, TimeProvider time)
{
    /// <returns>Null: it was deleted in between.</returns>
    public async Task<ConsumerStatusResponse?> ReadAsync(ConsumerRecord consumer, CancellationToken cancellationToken)
    {
        if (await grains.GetGrain<IConsumerGrain>(consumer.Id.Value).GetStatusAsync() is not { } status)
            return null;

        var notLookedAt = Math.Max(0, status.Head - status.NextOffset + 1);
        var lag = status.Unfinished + notLookedAt;
        var age = lag == 0 ? 0 : await AgeAsync(consumer, status.Floor + 1, cancellationToken);
        return new ConsumerStatusResponse
        {
            Lag = new LagResponse(lag, age ?? 0),
            InFlight = status.InFlight,
            Ready = status.Ready,
            Delayed = status.Delayed,
            Blocked = status.Blocked,
            Unfinished = status.Unfinished,
            DeadLetters = await deadLetters.CountAsync(consumer.Id, DeadLetterFilter.All, cancellationToken),
            WaitingReceives = status.WaitingReceives,
            OldestUnfinishedAgeSeconds = status.Unfinished > 0 ? age : null,
            BlockedGroups = await BlockedGroupsAsync(consumer, status, cancellationToken),
            Push = status.Circuit is { } circuit ? new PushResponse(status.Requests, circuit) : null,
            Gaps =
            [
                .. (await retention.ListGapsAsync(consumer.Id, ConsumerLimits.GapsMax, cancellationToken)).Select(ConsumerGapResponse.Of),
            ],
            NotDelivering = DeliveryObstacle.Of(consumer, status),
        };
    }

    // The source's clock set the time of the commit; it may be ahead of ours.
    private async Task<double?> AgeAsync(ConsumerRecord consumer, long offset, CancellationToken cancellationToken) =>
        await messages.ReadCommitTimeAsync(consumer.StreamId, offset, cancellationToken) is { } committed
            ? Math.Max(0, Math.Round((time.GetUtcNow() - committed).TotalSeconds, 3))
            : null;

    private async Task<IReadOnlyList<BlockedGroupResponse>> BlockedGroupsAsync(
        ConsumerRecord consumer, ConsumerStatus status, CancellationToken cancellationToken)
    {
        var groups = new List<BlockedGroupResponse>();
        foreach (var group in status.BlockedGroups)
        {
            var head = await messages.FindAsync(consumer.StreamId, group.HeadOffset, cancellationToken);
            groups.Add(new BlockedGroupResponse(group.HeadOffset, group.HeadState, group.Waiting, head?.Table,
                head is null ? null : StoredMessage.RecordPks(head.Stored.Span)));
        }

        return groups;
    }
}
