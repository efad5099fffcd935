using System.Globalization;

namespace Sequin.Benchmarks.Reports;

/// <summary>One figure over all repetitions. Single runs vary by a quarter: the median stands for them, the range is shown.</summary>
internal readonly record struct Spread(double Median, double Min, double Max)
{
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }

    public string Format(string format)
    {
        return $"{Text(Median)}  ({Text(Min)}–{Text(Max)})";

        string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
    }
}
