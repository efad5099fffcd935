using System.CommandLine;

namespace Sequin.Benchmarks.Queue;

internal static class QueueCommand
{
    private const int MessagesDefault = 200_000;
    private const int BatchSizeDefault = 100;
    private const int GroupsDefault = 1_000;
    private const int BacklogDefault = 50_000;

    private const string Advice =
        "Download pgmq-extension/sql/pgmq.sql of https://github.com/pgmq/pgmq and pass its path as --pgmq <path>.";

    public static Command Create()
    {
        var pgmq = PgmqSql();
        var messages = BenchmarkOptions.Positive("--messages", MessagesDefault, "Messages that each measurement receives and acks.");
        var batchSize = BenchmarkOptions.Positive("--batch-size", BatchSizeDefault, "Messages of a receive.");
        var groups = BenchmarkOptions.Positive("--groups", GroupsDefault, "Groups of the measurement with groups.");
        var backlog = BenchmarkOptions.Positive("--backlog", BacklogDefault, "Messages that stay behind in the measurement with groups.");
        var repetitions = BenchmarkOptions.Repetitions();
        var clients = BenchmarkOptions.Clients();
        var command = new Command("queue", "Receive and ack over HTTP, against read and delete of PGMQ over SQL on the same server.")
        {
            pgmq, messages, batchSize, groups, backlog, repetitions, clients,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(pgmq) is null)
                result.AddError($"--pgmq is missing: the queue is measured beside PGMQ. {Advice}");
        });
        command.SetAction((parsed, cancellationToken) => QueueBenchmark.RunAsync(
            new QueueSettings(
                parsed.GetValue(pgmq)!, parsed.GetValue(messages), parsed.GetValue(repetitions), parsed.GetValue(clients),
                parsed.GetValue(batchSize), parsed.GetValue(groups), parsed.GetValue(backlog)),
            cancellationToken));
        return command;
    }

    private static Option<FileInfo> PgmqSql()
    {
        var option = new Option<FileInfo>("--pgmq") { Description = $"File with PGMQ's SQL. {Advice}" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<FileInfo>() is { Exists: false } missing)
                result.AddError($"There is no file {missing.FullName}. {Advice}");
        });
        return option;
    }
}
