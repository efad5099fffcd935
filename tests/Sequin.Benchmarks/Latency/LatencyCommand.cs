using System.CommandLine;

namespace Sequin.Benchmarks.Latency;

internal static class LatencyCommand
{
    private const int RowsDefault = 2_000;
    private const int RateDefault = 200;

    public static Command Create()
    {
        var rows = BenchmarkOptions.Rows(RowsDefault, "Commits of each repetition.");
        var rate = BenchmarkOptions.Positive("--rate", RateDefault, "Single-row commits per second.");
        var repetitions = BenchmarkOptions.Repetitions();
        var clients = BenchmarkOptions.Clients();
        var command = new Command("latency", "From a commit to the answer of a waiting long poll, beside the time of the insert itself.")
        {
            rows, rate, repetitions, clients,
        };
        command.SetAction((parsed, cancellationToken) => LatencyBenchmark.RunAsync(
            new LatencySettings(parsed.GetValue(rows), parsed.GetValue(rate), parsed.GetValue(repetitions), parsed.GetValue(clients)),
            cancellationToken));
        return command;
    }
}
