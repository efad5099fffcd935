namespace Sequin.Server.Consumers;

/// <summary>The limits of a consumer's settings. Those of receive, ack and nack are <see cref="Receiving.ReceivingLimits"/>.</summary>
internal static class ConsumerLimits
{
    public const int MaxAckPendingMax = 100_000;
    public const int TablesMax = 1000;
}
