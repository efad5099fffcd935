using Sequin.Core.Receipts;
using Sequin.Core.Windows;
using Sequin.Grains.Webhooks;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Consumers;

/// <summary>What a grain needs to know of its consumer, made from the catalog.</summary>
internal sealed record ConsumerModel
{
    /// <summary>Four times what may be in flight: room for groups that wait behind a held message.</summary>
    private const int CapacityPerAckPending = 4;

    public required ConsumerRecord Record { get; init; }
    public required SegmentFilter Filter { get; init; }
    public required MessageGroups Groups { get; init; }
    public required ReceiptCodec Receipts { get; init; }

    /// <summary>What closes each delivered message.</summary>
    public required byte[] Suffix { get; init; }

    /// <summary>Where it pushes to; null: it is pulled.</summary>
    public WebhookDestination? Webhook { get; init; }

    public ConsumerConfig Config => Record.Config;

    public WindowOptions WindowOptions => new()
    {
        MaxAckPending = Config.MaxAckPending,
        Capacity = CapacityPerAckPending * Config.MaxAckPending,
        VisibilityTimeoutMs = (long?)Webhook?.Visibility.TotalMilliseconds ?? Config.VisibilityTimeoutMs,
        MaxDeliveries = Config.MaxRetryCount,
    };
}
