using System.CommandLine;

namespace Sequin.Benchmarks.Decode;

internal static class DecodeCommand
{
    private const int RowsDefault = 200_000;

    public static Command Create()
    {
        var rows = BenchmarkOptions.Rows(RowsDefault, "Row changes to decode.");
        var repetitions = BenchmarkOptions.Repetitions();
        var command = new Command("decode", "The pgoutput decoder alone, from memory: time and allocations per row.") { rows, repetitions };
        command.SetAction((parsed, cancellationToken) =>
            DecodeBenchmark.RunAsync(parsed.GetValue(rows), parsed.GetValue(repetitions), cancellationToken));
        return command;
    }
}
