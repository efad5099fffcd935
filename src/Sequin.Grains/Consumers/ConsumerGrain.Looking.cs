using Sequin.Core.Windows;
using Sequin.Grains.Streams;
using Sequin.Grains.Webhooks;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Consumers;

/// <summary>What is shown of the consumer. Changes nothing.</summary>
internal sealed partial class ConsumerGrain
{
    private const int BlockedGroupsMax = 10;
    private const int PageMax = 1000;

    public async Task<ConsumerStatus?> GetStatusAsync()
    {
        await _reloading;
        if (_model is not { } model)
            return null;
        var head = await GrainFactory.GetGrain<IStreamGrain>(model.Record.StreamId.Value).GetHeadAsync();
        var counts = _window.Counts;
        return new ConsumerStatus
        {
            InFlight = counts.Leased,
            Ready = counts.Ready,
            Delayed = counts.Delayed,
            Blocked = counts.Unfinished - counts.Leased - counts.Ready - counts.Delayed - counts.Finishing - counts.Halted,
            Unfinished = counts.Unfinished,
            Floor = _window.Floor,
            NextOffset = _window.NextOffset,
            Head = Math.Min(head, model.Config.EndOffset ?? head),
            WaitingReceives = _waiters.Count,
            BlockedGroups = [.. _window.ListWaitingGroups(BlockedGroupsMax).Select(
                group => new BlockedGroup(group.HeadOffset, Listed(group.HeadState), group.Waiting))],
            Hold = Hold(model, counts),
            Revision = model.Record.Revision,
            GroupColumnsMissing = model.Groups.Missing,
            Circuit = model.Webhook?.Circuit,
            Requests = _pushing,
        };
    }

    public async Task<MessagePage?> ListAsync(MessagePageRequest request)
    {
        await _reloading;
        if (_model is null)
            return null;
        var limit = Math.Clamp(request.Limit, 1, PageMax);
        if (request.State == ListedState.Acked)
        {
            var before = request.After == 0 ? long.MaxValue : request.After;
            return new MessagePage([.. _window.ListAcked(before, limit).Select(
                offset => new ListedMessage(offset, ListedState.Acked, 0, null, null))]);
        }

        var nowMs = NowMs;
        var now = time.GetUtcNow();
        return new MessagePage([.. _window.List(state => Listed(state) == request.State, request.After, limit).Select(
            message => new ListedMessage(message.Offset, request.State, message.Delivery, DueAt(message), At(message.LastLeasedMs)))]);

        DateTimeOffset? At(long? ms) => ms is { } then ? now.AddMilliseconds(then - nowMs) : null;

        DateTimeOffset? DueAt(WindowMessage message) =>
            message.State is MessageState.Leased or MessageState.Delayed ? At(message.DueMs) : null;
    }

    private DeliveryHold Hold(ConsumerModel model, WindowCounts counts) => model.Config.Status switch
    {
        ConsumerActivity.Paused => DeliveryHold.Paused,
        ConsumerActivity.Disabled => DeliveryHold.Disabled,
        _ when NowMs < _leaseNotBeforeMs => DeliveryHold.Recovering,
        _ when counts.Leased >= model.Config.MaxAckPending && counts.Unfinished > counts.Leased => DeliveryHold.MaxAckPending,
        _ when model.Webhook is { Circuit: CircuitState.Open } && counts.Unfinished > 0 => DeliveryHold.CircuitOpen,
        _ when !_window.HasRoom && counts.Ready == 0 => DeliveryHold.WindowFull,
        _ => DeliveryHold.None,
    };

    // One that is being finished is as good as acked; it is gone in a moment.
    private static ListedState Listed(MessageState state) => state switch
    {
        MessageState.Ready => ListedState.Ready,
        MessageState.Leased => ListedState.InFlight,
        MessageState.Delayed => ListedState.Delayed,
        MessageState.Waiting => ListedState.Blocked,
        MessageState.Finishing => ListedState.Acked,
        MessageState.Dying or MessageState.Halted => ListedState.Dead,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such state."),
    };
}
