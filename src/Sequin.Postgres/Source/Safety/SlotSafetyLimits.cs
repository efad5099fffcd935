namespace Sequin.Postgres.Source.Safety;

/// <summary>From where on a slot's state worries us.</summary>
public sealed record SlotSafetyLimits
{
    /// <summary>WAL held back. Default 5 GiB.</summary>
    public long RetainedBytesWarning { get; init; } = 5L << 30;

    /// <summary>Default 50 GiB.</summary>
    public long RetainedBytesError { get; init; } = 50L << 30;

    /// <summary>Estimated time until the slot is lost, while it falls behind. Default 1 hour.</summary>
    public TimeSpan TimeToLossWarning { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Default 10 minutes.</summary>
    public TimeSpan TimeToLossError { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Age of a transaction that has written and not ended. Default 1 hour.</summary>
    public TimeSpan TransactionAgeWarning { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Default 12 hours.</summary>
    public TimeSpan TransactionAgeError { get; init; } = TimeSpan.FromHours(12);

    /// <summary>A look this old says nothing of now.</summary>
    public TimeSpan ReadingAgeMax { get; init; } = TimeSpan.FromMinutes(2);
}
