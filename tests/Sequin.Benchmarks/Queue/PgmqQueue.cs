using System.Globalization;
using Npgsql;
using Sequin.Benchmarks.Backlogs;

namespace Sequin.Benchmarks.Queue;

/// <summary>
/// The yardstick: PGMQ, in a database of its own on the same server, used as its users use it when they care for speed: connections that
/// stay open, prepared statements, whole batches, each call a transaction of its own.
/// </summary>
internal sealed class PgmqQueue : IAsyncDisposable
{
    private const string Database = "bench_pgmq";
    private const string Queue = "bench";

    private readonly NpgsqlDataSource _source;

    private PgmqQueue(NpgsqlDataSource source) => _source = source;

    public static async Task<PgmqQueue> InstallAsync(string serverConnectionString, FileInfo sql, CancellationToken cancellationToken)
    {
        var connectionString = await Databases.CreateAsync(serverConnectionString, Database, cancellationToken);
        var queue = new PgmqQueue(NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { CommandTimeout = 0 }));
        await queue.ExecuteAsync(await File.ReadAllTextAsync(sql.FullName, cancellationToken), cancellationToken);
        return queue;
    }

    /// <summary>A new queue with so many messages, in the state that autovacuum would leave it in.</summary>
    public async Task FillAsync(int messages, CancellationToken cancellationToken)
    {
        await ExecuteAsync($"SELECT pgmq.create('{Queue}')", cancellationToken);
        await ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"""
            SELECT count(*) FROM pgmq.send_batch('{Queue}', ARRAY(
                SELECT jsonb_build_object(
                    'record', to_jsonb(o), 'changes', null, 'action', 'insert',
                    'metadata', jsonb_build_object('table_schema', 'public', 'table_name', 'orders', 'commit_timestamp', now()))
                FROM (SELECT {Orders.Columns} FROM generate_series(1, {messages}) i) o))
            """), cancellationToken);
        await ExecuteAsync($"VACUUM (ANALYZE) pgmq.q_{Queue}", cancellationToken);
    }

    public Task DropAsync(CancellationToken cancellationToken) => ExecuteAsync($"SELECT pgmq.drop_queue('{Queue}')", cancellationToken);

    /// <summary>Mean size of a message as text.</summary>
    public async Task<double> MessageBytesAsync(CancellationToken cancellationToken)
    {
        await using var command = _source.CreateCommand($"SELECT avg(octet_length(message::text))::float8 FROM pgmq.q_{Queue}");
        return (double)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Reads and deletes everything.</summary>
    public async Task<TimeSpan> DrainAsync(int messages, int clients, int batchSize, CancellationToken cancellationToken)
    {
        var count = new PgmqCount(messages);
        var readers = new List<PgmqReader>();
        for (var number = 0; number < clients; number++)
            readers.Add(new PgmqReader(await _source.OpenConnectionAsync(cancellationToken), Queue, batchSize, count));

        var started = TimeProvider.System.GetTimestamp();
        readers.ForEach(reader => reader.Start());
        try
        {
            await count.Complete.WaitAsync(cancellationToken);
            return TimeProvider.System.GetElapsedTime(started);
        }
        finally
        {
            count.Stop();
            readers.ForEach(reader => reader.Dispose());
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = _source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
