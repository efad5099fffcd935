namespace Sequin.Server.Backfills;

/// <summary>The limits of a request for backfills.</summary>
internal static class BackfillRequestLimits
{
    public const int TimeoutMsMin = 100;

    /// <summary>No transaction of ours is open on a source for longer than a few seconds.</summary>
    public const int TimeoutMsMax = 10_000;

    /// <summary>Tables that one consumer begins with.</summary>
    public const int InitialMax = 100;

    /// <summary>Looking at all the tables of a request in the source.</summary>
    public static readonly TimeSpan SourceLookMax = TimeSpan.FromSeconds(20);
}
