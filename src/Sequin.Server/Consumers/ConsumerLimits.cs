namespace Sequin.Server.Consumers;

/// <summary>The limits of a consumer's settings. Those of receive, ack and nack are <see cref="Receiving.ReceivingLimits"/>.</summary>
internal static class ConsumerLimits
{
    public const int MaxAckPendingMax = 100_000;
    public const int MaxRetryCountMax = 1000;
    public const int MaxWaitingMax = 10_000;
    public const int PushBatchSizeMax = 1000;
    public const int BatchTimeoutMsMax = 60_000;
    public const int RequestTimeoutMsMin = 100;
    public const int RequestTimeoutMsMax = 600_000;
    public const int ConcurrencyMax = 64;
    public const int TablesMax = 1000;
    public const int GroupColumnsMax = 32;

    /// <summary>How long a replay lives.</summary>
    public static readonly TimeSpan ReplayTtl = TimeSpan.FromHours(24);
    public static readonly TimeSpan ReplayTtlMin = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan ReplayTtlMax = TimeSpan.FromDays(7);

    /// <summary>Shown in a status.</summary>
    public const int GapsMax = 10;

    /// <summary>So long after messages were dropped a consumer's health says so.</summary>
    public static readonly TimeSpan GapWarningMax = TimeSpan.FromDays(1);

    /// <summary>PostgreSQL's identifiers: NAMEDATALEN - 1.</summary>
    public const int ColumnBytesMax = 63;

    /// <summary>A change without If-Match that others keep overtaking is given up after so many attempts.</summary>
    public const int ChangeAttemptsMax = 10;

    /// <summary>Looking at the columns of the source.</summary>
    public static readonly TimeSpan SourceLookMax = TimeSpan.FromSeconds(20);
}
