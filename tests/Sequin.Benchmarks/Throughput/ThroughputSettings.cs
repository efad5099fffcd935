namespace Sequin.Benchmarks.Throughput;

internal sealed record ThroughputSettings(int Rows, int TransactionRows, int Repetitions, int Clients, int BatchSize);
