using Npgsql;
using Sequin.Benchmarks.Backlogs;

namespace Sequin.Benchmarks.Latency;

/// <summary>A table that gets single-row commits at a steady rate.</summary>
internal sealed class LatencySource(string connectionString)
{
    public const string Slot = "bench_latency";
    public const string Publication = "bench_latency";

    private const string DatabaseName = "bench_latency";

    // The size of the rows of the other benchmarks.
    private const string Insert = "INSERT INTO events (id, note) VALUES ($1, repeat(md5($1::text), 7))";

    public string ConnectionString { get; } = connectionString;

    public static async Task<LatencySource> CreateAsync(string serverConnectionString, CancellationToken cancellationToken)
    {
        var connectionString = await Databases.CreateAsync(serverConnectionString, DatabaseName, cancellationToken);
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var tables = source.CreateCommand(
            $"CREATE TABLE events (id bigint PRIMARY KEY, note text NOT NULL); CREATE PUBLICATION {Publication} FOR TABLE events");
        await tables.ExecuteNonQueryAsync(cancellationToken);
        await using var slot = source.CreateCommand($"SELECT pg_create_logical_replication_slot('{Slot}', 'pgoutput')");
        await slot.ExecuteNonQueryAsync(cancellationToken);
        return new LatencySource(connectionString);
    }

    /// <summary>Inserts ids, each in a transaction of its own, at fixed moments.</summary>
    /// <param name="onCommitted">Takes id and timestamps: when the insert was called, and when it was answered.</param>
    /// <param name="ids">Which.</param>
    /// <param name="interval">From one to the next.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task InsertAsync(Action<int, long, long> onCommitted, Range ids, TimeSpan interval, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Insert, connection);
        var id = new NpgsqlParameter<long>();
        command.Parameters.Add(id);
        await command.PrepareAsync(cancellationToken);

        var time = TimeProvider.System;
        var started = time.GetTimestamp();
        for (var n = ids.Start.Value; n < ids.End.Value; n++)
        {
            var early = (n - ids.Start.Value) * interval - time.GetElapsedTime(started);
            if (early > TimeSpan.Zero)
                await Task.Delay(early, time, cancellationToken);
            id.TypedValue = n;
            var begun = time.GetTimestamp();
            await command.ExecuteNonQueryAsync(cancellationToken);
            onCommitted(n, begun, time.GetTimestamp());
        }
    }
}
