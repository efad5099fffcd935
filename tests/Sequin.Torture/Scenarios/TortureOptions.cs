namespace Sequin.Torture.Scenarios;

/// <summary>How long and how hard. The defaults are the long form.</summary>
public sealed record TortureOptions
{
    /// <summary>Decides what is written, pulled and killed; the same seed does the same, as far as the machine's timing allows.</summary>
    public required int Seed { get; init; }

    /// <summary>The writing is spread over it; start and end come on top.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(60);

    public int RowChanges { get; init; } = 100_000;
    public int Writers { get; init; } = 4;
    public int Pullers { get; init; } = 4;

    /// <summary>How often something is killed or restarted.</summary>
    public int Strikes { get; init; } = 5;

    /// <summary>Of the consumer.</summary>
    public TimeSpan VisibilityTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Takes lines for people, as it goes.</summary>
    public Action<string> Output { get; init; } = _ => { };

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
