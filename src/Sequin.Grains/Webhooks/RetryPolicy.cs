namespace Sequin.Grains.Webhooks;

/// <summary>How long a message waits after an attempt that failed.</summary>
public static class RetryPolicy
{
    /// <summary>The longest wait after the first attempt; it doubles with each.</summary>
    public static readonly TimeSpan DelayBase = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan DelayMax = TimeSpan.FromMinutes(5);

    /// <summary>What a receiver may ask for; beyond it we look again.</summary>
    public static readonly TimeSpan RetryAfterMax = TimeSpan.FromHours(1);

    private const int DoublingsMax = 30;

    /// <summary>
    /// Full jitter: anything from nothing to the whole backoff, so that messages that failed together do not come back together. A
    /// Retry-After is never undercut; the jitter comes behind it, for the same reason.
    /// </summary>
    /// <param name="attempt">How many failed, from 1.</param>
    /// <param name="retryAfter">What the receiver asked for.</param>
    /// <param name="random">From 0 to below 1.</param>
    public static TimeSpan Delay(int attempt, TimeSpan? retryAfter, double random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempt, 1);
        if (retryAfter is { } asked)
            return (asked < RetryAfterMax ? asked : RetryAfterMax) + (DelayBase * random);

        var backoff = DelayBase * Math.Pow(2, Math.Min(attempt - 1, DoublingsMax));
        return (backoff < DelayMax ? backoff : DelayMax) * random;
    }
}
