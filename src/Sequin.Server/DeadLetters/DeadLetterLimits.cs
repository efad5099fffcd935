namespace Sequin.Server.DeadLetters;

/// <summary>The limits of redrives and discards.</summary>
internal static class DeadLetterLimits
{
    /// <summary>Dead letters named in one request, and handed to the consumer at a time.</summary>
    public const int IdsMax = 1000;
    public const int RatePerSecondMax = 10_000;
}
