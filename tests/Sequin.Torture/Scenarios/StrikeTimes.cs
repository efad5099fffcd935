namespace Sequin.Torture.Scenarios;

/// <summary>When a scenario strikes: at random, but not before there is any load, nor when it is over.</summary>
internal static class StrikeTimes
{
    private const double First = 0.05;
    private const double Span = 0.85;

    public static IReadOnlyList<TimeSpan> Of(Random random, TortureOptions options) =>
        [.. Enumerable.Range(0, options.Strikes).Select(_ => (First + random.NextDouble() * Span) * options.Duration).Order()];
}
