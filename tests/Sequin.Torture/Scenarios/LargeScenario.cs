using System.Globalization;
using Npgsql;
using Sequin.Postgres.Embedded;
using Sequin.Testing;
using Sequin.Testing.Clients;
using Sequin.Testing.Servers;
using Sequin.Torture.Verdicts;

namespace Sequin.Torture.Scenarios;

/// <summary>
/// One transaction of millions of rows, and one row of 200 MB: nothing is seen before the commit, everything after it in order, and
/// the server's memory does not grow with the transaction.
/// </summary>
public static class LargeScenario
{
    private const string Slot = "large_slot";
    private const string Publication = "large_publication";
    private const string Name = "large";
    private const int RowBytes = 200_000_000;

    /// <summary>Of the server, after the transaction. At full speed it has 400 MiB at most; a transaction of any size adds nothing.</summary>
    private const double MemoryMiBMax = 500;

    private static readonly TimeSpan StallTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);

    public static async Task<TortureReport> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions(), null, cancellationToken);
        await using var source = NpgsqlDataSource.Create(await CreateDatabaseAsync(postgres, "large_source", cancellationToken));
        var logConnection = await CreateDatabaseAsync(postgres, "large_log", cancellationToken);
        await using var log = NpgsqlDataSource.Create(logConnection);
        await RunAsync(source, "CREATE TABLE t (id int PRIMARY KEY, body text)", cancellationToken);
        await RunAsync(source, $"CREATE PUBLICATION {Publication} FOR TABLE t", cancellationToken);
        await RunAsync(source, $"SELECT pg_create_logical_replication_slot('{Slot}', 'pgoutput')", cancellationToken);

        await using var server = await ServerProcess.StartAsync(
            new ServerProcessOptions { LogConnectionString = logConnection, TimeProvider = options.TimeProvider }, cancellationToken);
        using var api = new ApiClient(server.Address, server.Token);
        await api.CreateDatabaseAsync(Name, postgres.ConnectionStringOf("large_source"), Slot, Publication, cancellationToken);

        var run = new LargeRun(options, server, source, log);
        await run.WriteRowsAsync(cancellationToken);
        await run.WriteLargeRowAsync(RowBytes, cancellationToken);
        return new TortureReport(options.Seed, run.Findings, run.Facts, server.Output);
    }

    private static async Task<string> CreateDatabaseAsync(EmbeddedPostgres server, string name, CancellationToken cancellationToken)
    {
        await using var postgres = NpgsqlDataSource.Create(server.ConnectionString);
        await RunAsync(postgres, $"CREATE DATABASE {name}", cancellationToken);
        return server.ConnectionStringOf(name);
    }

    private static string ConnectionStringOf(this EmbeddedPostgres server, string database) =>
        new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = database, CommandTimeout = 0 }.ConnectionString;

    private static async Task RunAsync(NpgsqlDataSource source, string sql, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private sealed class LargeRun(TortureOptions options, ServerProcess server, NpgsqlDataSource source, NpgsqlDataSource log)
    {
        public Findings Findings { get; } = new();
        public List<string> Facts { get; } = [];

        public async Task WriteRowsAsync(CancellationToken cancellationToken)
        {
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using (var insert = new NpgsqlCommand(
                $"INSERT INTO t SELECT i, 'body of row ' || i FROM generate_series(1, {options.RowChanges}) i", connection, transaction))
                await insert.ExecuteNonQueryAsync(cancellationToken);
            if (await HeadAsync(cancellationToken) is var early and > 0)
                Findings.Add(FindingKinds.Invented, $"{early} messages are in the stream before the commit");

            await transaction.CommitAsync(cancellationToken);
            var started = options.TimeProvider.GetTimestamp();
            await UntilHeadAsync(options.RowChanges, cancellationToken);
            var seconds = options.TimeProvider.GetElapsedTime(started).TotalSeconds;
            var memory = server.PeakMemoryMiB;
            Say($"{options.RowChanges} rows of one transaction are in the log {seconds:F1} s after its commit; the server had {memory:F0} MiB.");
            if (memory > MemoryMiBMax)
                Findings.Add(FindingKinds.Memory, $"{memory:F0} MiB, where {MemoryMiBMax:F0} are enough");
            await CheckOrderAsync(cancellationToken);
        }

        public async Task WriteLargeRowAsync(int bytes, CancellationToken cancellationToken)
        {
            var started = options.TimeProvider.GetTimestamp();
            await RunAsync(source, $"INSERT INTO t VALUES (0, repeat('x', {bytes}))", cancellationToken);
            await UntilHeadAsync(options.RowChanges + 1, cancellationToken);
            var seconds = options.TimeProvider.GetElapsedTime(started).TotalSeconds;
            Say($"A row of {bytes} bytes is in the log {seconds:F1} s after its insert began; the server had {server.PeakMemoryMiB:F0} MiB.");
            await RunAsync(source, "INSERT INTO t VALUES (-1, 'after')", cancellationToken);
            await UntilHeadAsync(options.RowChanges + 2, cancellationToken);
        }

        // Each message says its own place: the ordinals in the order of the offsets.
        private async Task CheckOrderAsync(CancellationToken cancellationToken)
        {
            await using var command = log.CreateCommand(
                """
                SELECT count(*) FROM sequin.messages
                WHERE (message::json -> 'metadata' ->> 'commit_idx')::bigint <> "offset" - 1
                   OR (message::json -> 'record' ->> 'id')::bigint <> "offset"
                """);
            command.CommandTimeout = 0;
            if (await command.ExecuteScalarAsync(cancellationToken) is long wrong and > 0)
                Findings.Add(FindingKinds.StreamOrder, $"{wrong} messages are not at their place");
        }

        private async Task UntilHeadAsync(long expected, CancellationToken cancellationToken)
        {
            var (head, moved) = (-1L, options.TimeProvider.GetTimestamp());
            while (head < expected)
            {
                await Task.Delay(LookInterval, options.TimeProvider, cancellationToken);
                var now = await HeadAsync(cancellationToken);
                if (now != head)
                    (head, moved) = (now, options.TimeProvider.GetTimestamp());
                else if (options.TimeProvider.GetElapsedTime(moved) > StallTimeout)
                    throw new TimeoutException($"The log has {head} of {expected} messages, and no new one for {StallTimeout}.\n{server.Output}");
            }
        }

        private async Task<long> HeadAsync(CancellationToken cancellationToken)
        {
            await using var command = log.CreateCommand("SELECT coalesce(max(last_offset), 0) FROM sequin.segments");
            return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        }

        private void Say(FormattableString fact)
        {
            Facts.Add(fact.ToString(CultureInfo.InvariantCulture));
            options.Output(Facts[^1]);
        }
    }
}
