using Sequin.Grains.Consumers;
using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Requests;

namespace Sequin.Server.Consumers;

/// <summary>Why a consumer delivers nothing although there are messages.</summary>
/// <param name="Reason">Stable.</param>
/// <param name="Detail">For people, with the next step.</param>
internal sealed record DeliveryObstacle(DeliveryHold Reason, string Detail)
{
    /// <returns>Null: nothing is in the way.</returns>
    public static DeliveryObstacle? Of(ConsumerRecord consumer, ConsumerStatus status) => status.Hold switch
    {
        DeliveryHold.None => null,
        DeliveryHold.Paused or DeliveryHold.Disabled => new(status.Hold,
            $"{Because(consumer)}The consumer is {WireNames.Of(status.Hold)}. "
                + $"Let it go on: PATCH /api/consumers/{consumer.Name} {{\"status\":\"active\"}}."),
        DeliveryHold.CircuitOpen => new(status.Hold,
            "The HTTP endpoint did not answer several times in a row: it is tried again by itself, at least once a minute. What its "
                + $"requests came to: GET /api/consumers/{consumer.Name}/attempts."),
        DeliveryHold.MaxAckPending => new(status.Hold,
            $"{status.InFlight} messages are leased, and max_ack_pending is {consumer.Config.MaxAckPending}. Ack them, or raise it."),
        DeliveryHold.WindowFull => new(status.Hold,
            $"All {status.Unfinished} messages that were read ahead are leased, delayed, or wait behind such a message or a dead letter "
                + "that halts its group. Ack what is leased, and redrive or discard dead letters."),
        DeliveryHold.Recovering => new(status.Hold,
            "After a crash the leases of before are waited for, one visibility timeout at most. It goes on by itself."),
        var unknown => throw new InvalidOperationException($"No text for {unknown}."),
    };

    private static string Because(ConsumerRecord consumer) =>
        consumer.Config.PausedBecause is { } reason ? $"{reason} " : "";
}
