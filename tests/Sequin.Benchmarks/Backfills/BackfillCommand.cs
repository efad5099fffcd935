using System.CommandLine;

namespace Sequin.Benchmarks.Backfills;

internal static class BackfillCommand
{
    private const int RowsDefault = 500_000;
    private const int CommitsDefault = 2_000;
    private const int RateDefault = 200;

    public static Command Create()
    {
        var rows = BenchmarkOptions.Rows(RowsDefault, "Of the table.");
        var commits = BenchmarkOptions.Positive(
            "--commits", CommitsDefault, "Live single-row commits without a backfill, and as many beside one.");
        var rate = BenchmarkOptions.Positive("--rate", RateDefault, "Of them per second.");
        var repetitions = BenchmarkOptions.Repetitions();
        var command = new Command("backfill", "A table into a stream, against COPY of it; and what live changes feel of it.")
        {
            rows, commits, rate, repetitions,
        };
        command.SetAction((parsed, cancellationToken) => BackfillBenchmark.RunAsync(
            new BackfillSettings(
                parsed.GetValue(rows), parsed.GetValue(commits), parsed.GetValue(rate), parsed.GetValue(repetitions)),
            cancellationToken));
        return command;
    }
}

/// <param name="Rows">Of the table.</param>
/// <param name="Commits">Live ones, of each half.</param>
/// <param name="CommitsPerSecond">Live ones.</param>
/// <param name="Repetitions">COPY and backfill in turn.</param>
internal sealed record BackfillSettings(int Rows, int Commits, int CommitsPerSecond, int Repetitions);
