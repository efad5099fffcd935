using System.CommandLine;

namespace Sequin.Benchmarks.Isolation;

internal static class IsolationCommand
{
    private const int RowsDefault = 2_000;
    private const int RateDefault = 40;

    public static Command Create()
    {
        var rows = BenchmarkOptions.Rows(RowsDefault, "Commits of each half of a repetition.");
        var rate = BenchmarkOptions.Positive("--rate", RateDefault, "Single-row commits per second.");
        var repetitions = BenchmarkOptions.Repetitions();
        var command = new Command(
            "isolation", "From a commit to eight healthy webhooks: alone, and beside one that is dead and one that takes 30 s.")
        {
            rows, rate, repetitions,
        };
        command.SetAction((parsed, cancellationToken) => IsolationBenchmark.RunAsync(
            parsed.GetValue(rows), parsed.GetValue(rate), parsed.GetValue(repetitions), cancellationToken));
        return command;
    }
}
