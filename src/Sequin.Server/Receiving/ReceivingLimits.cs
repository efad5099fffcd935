namespace Sequin.Server.Receiving;

/// <summary>The limits of receive, ack, nack and extend. Times in milliseconds.</summary>
internal static class ReceivingLimits
{
    public const int BatchSizeMin = 1;
    public const int BatchSizeMax = 1000;
    public const int BatchSizeDefault = 1;

    /// <summary>Below the time-out of the grain call (<c>IConsumerGrain.ReceiveAsync</c>) and of most proxies.</summary>
    public const long WaitMsMax = 300_000;

    /// <summary>A shorter lease would expire on its way to the client.</summary>
    public const long VisibilityMsMin = 500;
    public const long VisibilityMsMax = 12 * 3_600_000;

    /// <summary>Receipts of one ack, nack or extend.</summary>
    public const int ReceiptsMax = 1000;
    public const int ReasonLengthMax = 1000;
    public const long NackDelayMsMax = 12 * 3_600_000;
}
