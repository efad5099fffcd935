namespace Sequin.Benchmarks.Reports;

/// <summary>Of durations, in milliseconds.</summary>
internal readonly record struct Percentiles(double P50, double P90, double P99)
{
    public static Percentiles Of(IEnumerable<TimeSpan> durations)
    {
        double[] sorted = [.. durations.Select(duration => duration.TotalMilliseconds).Order()];
        return new Percentiles(At(sorted, 0.50), At(sorted, 0.90), At(sorted, 0.99));
    }

    // Nearest rank: the smallest value that at least this share does not exceed.
    private static double At(double[] sorted, double share) => sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
}
