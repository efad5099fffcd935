using Sequin.Core.Changes;

namespace Sequin.Postgres.Source.Safety;

/// <summary>The latest look at a slot, with the rates that only two looks can tell.</summary>
public sealed record SlotReading
{
    private const double GrowthBytesPerSecondMin = 64 * 1024;

    /// <summary>A rate forgets what was longer ago than a few of these.</summary>
    private static readonly TimeSpan RateMemory = TimeSpan.FromMinutes(1);

    /// <summary>Of the log database's clock.</summary>
    public DateTimeOffset MeasuredAt { get; init; }
    public Lsn? WalLsn { get; init; }

    /// <summary>As PostgreSQL has it; null: there is no slot.</summary>
    public string? WalStatus { get; init; }

    /// <summary>Bytes of WAL that the slot holds back.</summary>
    public long? RetainedBytes { get; init; }

    /// <summary>Bytes of WAL that can be written before the slot may be lost; null: no limit is set.</summary>
    public long? SafeWalBytes { get; init; }

    /// <summary>What the whole server writes; null before the second look.</summary>
    public double? WalBytesPerSecond { get; init; }

    /// <summary>How <see cref="RetainedBytes"/> grows; below zero when it falls.</summary>
    public double? GrowthBytesPerSecond { get; init; }
    public TimeSpan? OldestTransaction { get; init; }
    public bool MayReplicate { get; init; } = true;

    /// <summary>Why the source could not be looked at; all else is then of the look before.</summary>
    public string? Error { get; init; }
    public IReadOnlyList<string> Tables { get; init; } = [];

    /// <summary>How long the slot would last at the recent rate of WAL if it moved no more; null: no limit, or no WAL.</summary>
    public TimeSpan? TimeToLoss => SafeWalBytes is { } safe && WalBytesPerSecond is > 0 and var rate
        ? TimeSpan.FromSeconds(Math.Min(Math.Max(0, safe) / rate, TimeSpan.MaxValue.TotalSeconds / 2))
        : null;

    /// <summary>It holds back more and more: at least half of what is written, and more than an idle server's own notes.</summary>
    public bool IsFallingBehind =>
        GrowthBytesPerSecond is > GrowthBytesPerSecondMin and var growth && growth * 2 > (WalBytesPerSecond ?? 0);

    /// <param name="former">The look before; null: none.</param>
    /// <param name="seen">What was seen now.</param>
    /// <param name="now">When.</param>
    public static SlotReading After(SlotReading? former, SlotObservation seen, DateTimeOffset now)
    {
        var elapsed = former is null ? TimeSpan.Zero : now - former.MeasuredAt;
        return new SlotReading
        {
            MeasuredAt = now,
            WalLsn = seen.WalLsn,
            WalStatus = seen.Slot?.WalStatus,
            RetainedBytes = seen.Slot?.RetainedBytes,
            SafeWalBytes = seen.Slot?.SafeWalSize,
            WalBytesPerSecond = Rate(former?.WalBytesPerSecond, former?.WalLsn?.Value, seen.WalLsn.Value, elapsed),
            GrowthBytesPerSecond = Rate(
                former?.GrowthBytesPerSecond, (decimal?)former?.RetainedBytes, (decimal?)seen.Slot?.RetainedBytes, elapsed),
            OldestTransaction = seen.OldestTransaction,
            MayReplicate = seen.MayReplicate,
            Tables = seen.Tables,
        };
    }

    // An exponential mean that does not care how regular the looks are.
    private static double? Rate(double? mean, decimal? before, decimal? after, TimeSpan elapsed)
    {
        if (before is null || after is null || elapsed <= TimeSpan.Zero)
            return mean;
        var rate = (double)(after.Value - before.Value) / elapsed.TotalSeconds;
        var weight = 1 - Math.Exp(-elapsed / RateMemory);
        return mean is { } former ? former + (weight * (rate - former)) : rate;
    }
}
