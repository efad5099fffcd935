using System.CommandLine;

namespace Sequin.Benchmarks.Pushing;

internal static class PushCommand
{
    private const int RowsDefault = 200_000;
    private const int SinglesDefault = 20_000;

    public static Command Create()
    {
        var rows = BenchmarkOptions.Rows(RowsDefault, "Row changes in the backlog.");
        var singles = BenchmarkOptions.Positive("--singles", SinglesDefault, "How many of them are pushed one by one.");
        var repetitions = BenchmarkOptions.Repetitions();
        var command = new Command("push", "A backlog, from the slot over the log to a local webhook and durable acks.")
        {
            rows, singles, repetitions,
        };
        command.SetAction((parsed, cancellationToken) => PushBenchmark.RunAsync(
            parsed.GetValue(rows), parsed.GetValue(singles), parsed.GetValue(repetitions), cancellationToken));
        return command;
    }
}
