namespace Sequin.Benchmarks.Queue;

/// <param name="PgmqSql">File with PGMQ's SQL.</param>
/// <param name="Messages">Received and acked by each measurement.</param>
/// <param name="Repetitions">How often everything is measured.</param>
/// <param name="Clients">Of all measurements but those with one.</param>
/// <param name="BatchSize">Messages of a receive.</param>
/// <param name="Groups">Of the measurement with groups.</param>
/// <param name="Backlog">Messages that stay behind in the measurement with groups.</param>
internal sealed record QueueSettings(
    FileInfo PgmqSql, int Messages, int Repetitions, int Clients, int BatchSize, int Groups, int Backlog);
