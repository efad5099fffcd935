using System.CommandLine;

namespace Sequin.Benchmarks.Throughput;

internal static class ThroughputCommand
{
    private const int RowsDefault = 1_000_000;
    private const int TransactionRowsDefault = 100;
    private const int BatchSizeDefault = 100;

    public static Command Create()
    {
        var rows = BenchmarkOptions.Rows(RowsDefault, "Row changes in the backlog.");
        var transactionRows = BenchmarkOptions.Positive(
            "--transaction-rows", TransactionRowsDefault, "Row changes of a transaction, rounded up to a multiple of 20.");
        var batchSize = BenchmarkOptions.Positive("--batch-size", BatchSizeDefault, "Messages of a pull.");
        var repetitions = BenchmarkOptions.Repetitions();
        var clients = BenchmarkOptions.Clients();
        var command = new Command("throughput", "A backlog, from the slot over log and HTTP to durable acks, against pg_recvlogical.")
        {
            rows, transactionRows, batchSize, repetitions, clients,
        };
        command.SetAction((parsed, cancellationToken) => ThroughputBenchmark.RunAsync(
            new ThroughputSettings(
                parsed.GetValue(rows), parsed.GetValue(transactionRows), parsed.GetValue(repetitions), parsed.GetValue(clients),
                parsed.GetValue(batchSize)),
            cancellationToken));
        return command;
    }
}
