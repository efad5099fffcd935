using System.CommandLine;

namespace Sequin.Benchmarks.Rewind;

internal static class RewindCommand
{
    private const int RowsDefault = 1_000_000;
    private const int BatchSizeDefault = 100;

    public static Command Create()
    {
        var rows = BenchmarkOptions.Rows(RowsDefault, "Messages that are acked and then come again.");
        var batchSize = BenchmarkOptions.Positive("--batch-size", BatchSizeDefault, "Messages of a pull.");
        var repetitions = BenchmarkOptions.Repetitions();
        var clients = BenchmarkOptions.Clients();
        var command = new Command("rewind", "Everything that a consumer has acked comes again, against the first time it came.")
        {
            rows, batchSize, repetitions, clients,
        };
        command.SetAction((parsed, cancellationToken) => RewindBenchmark.RunAsync(
            new RewindSettings(
                parsed.GetValue(rows), parsed.GetValue(repetitions), parsed.GetValue(clients), parsed.GetValue(batchSize)),
            cancellationToken));
        return command;
    }
}

internal sealed record RewindSettings(int Rows, int Repetitions, int Clients, int BatchSize);
