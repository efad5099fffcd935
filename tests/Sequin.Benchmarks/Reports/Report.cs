using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sequin.Benchmarks.Reports;

/// <summary>What a benchmark prints: lines for people, and at the end one line of JSON for programs.</summary>
internal static class Report
{
    private const int NameWidth = 38;
    private const int Digits = 4;

    public static void Line(string text) => Console.WriteLine(text);

    /// <summary>A figure: its median and, in parentheses, its range.</summary>
    public static void Figure(string name, Spread value, string format) =>
        Console.WriteLine($"  {name.PadRight(NameWidth)}{value.Format(format)}");

    /// <summary>The last line.</summary>
    public static void Result(string benchmark, params ReadOnlySpan<(string Name, double Value)> figures)
    {
        var line = new JsonObject { ["benchmark"] = benchmark };
        foreach (var (name, value) in figures)
            line[name] = Math.Round(value, Digits);
        Console.WriteLine(line.ToJsonString(JsonSerializerOptions.Default));
    }
}
