namespace Sequin.Benchmarks.Queue;

/// <summary>Rates of one repetition, messages per second; each ratio is of two neighbours.</summary>
internal sealed record QueueRepetition
{
    public required double Ours { get; init; }
    public required double Pgmq { get; init; }
    public required double OursWithOneClient { get; init; }
    public required double PgmqWithOneClient { get; init; }

    /// <summary>No groups, nothing stays behind.</summary>
    public required double Plain { get; init; }
    public required double Grouped { get; init; }

    /// <summary>Beside the same churn as <see cref="Held"/>, without the old snapshot.</summary>
    public required double NotHeld { get; init; }
    public required double Held { get; init; }

    /// <summary>CPU of the server per message, µs, with all clients.</summary>
    public required double ServerCpuMicroseconds { get; init; }

    public double Ratio => Ours / Pgmq;
    public double RatioWithOneClient => OursWithOneClient / PgmqWithOneClient;
    public double GroupsRatio => Grouped / Plain;
    public double HeldRatio => Held / NotHeld;
}
