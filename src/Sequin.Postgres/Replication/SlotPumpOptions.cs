namespace Sequin.Postgres.Replication;

/// <summary>Timing of a pump. The defaults are for production; tests shorten them.</summary>
public sealed record SlotPumpOptions
{
    /// <summary>How long the right to write lasts without renewal. Every batch renews it. Default 10 s.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// After this long without a batch the lease is renewed and the received position made durable and confirmed. It bounds how
    /// long a fast shutdown of the source waits for us. Default 1 s.
    /// </summary>
    public TimeSpan IdleInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A source that has said nothing for this long counts as gone; after half of it, it is asked to say something. Default 12 s:
    /// decoding a large transaction can keep it busy for seconds.
    /// </summary>
    public TimeSpan SourceSilenceMax { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>A stream is catching up while the changes it takes were committed longer ago than this. Default 10 s.</summary>
    public TimeSpan CatchingUpAfter { get; init; } = TimeSpan.FromSeconds(10);
}
