using Npgsql;
using NpgsqlTypes;

namespace Sequin.Benchmarks.Backlogs;

/// <summary>
/// Changes that wait in a slot to be read. The slot itself is never read, only copies of it, so that every repetition finds the same.
/// A live generator would take the cores that are measured.
/// </summary>
internal sealed class Backlog : IAsyncDisposable
{
    public const string Database = "bench_source";
    public const string Publication = "bench_publication";
    public const string Slot = "bench_backlog";

    private static readonly TimeSpan SlotFreeTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SlotFreePoll = TimeSpan.FromMilliseconds(50);

    private readonly NpgsqlDataSource _source;

    private Backlog(NpgsqlDataSource source, string connectionString, long changes, NpgsqlLogSequenceNumber end)
    {
        _source = source;
        ConnectionString = connectionString;
        Changes = changes;
        End = end;
    }

    public string ConnectionString { get; }

    /// <summary>Row changes in it, the one that marks the end included.</summary>
    public long Changes { get; }

    /// <summary>Before the last transaction, which marks the end: who receives something of behind it has all the rest.</summary>
    public NpgsqlLogSequenceNumber End { get; }

    /// <summary>A new database on the server, with table, publication, slot and changes.</summary>
    public static async Task<Backlog> CreateAsync(
        string serverConnectionString, int rows, int transactionRows, CancellationToken cancellationToken)
    {
        await Databases.CreateAsync(serverConnectionString, Database, cancellationToken);
        var connectionString = new NpgsqlConnectionStringBuilder(serverConnectionString)
        {
            Database = Database,
            CommandTimeout = 0,
        }.ConnectionString;
        var source = NpgsqlDataSource.Create(connectionString);

        var plan = BacklogPlan.For(rows, transactionRows);
        await BacklogWriter.PrepareAsync(source, plan, Publication, cancellationToken);
        await ExecuteAsync(source, $"SELECT pg_create_logical_replication_slot('{Slot}', 'pgoutput')", cancellationToken);
        await BacklogWriter.WriteAsync(source, plan, cancellationToken);
        await using var command = source.CreateCommand("SELECT pg_current_wal_insert_lsn()");
        var end = (NpgsqlLogSequenceNumber)(await command.ExecuteScalarAsync(cancellationToken))!;
        await BacklogWriter.WriteEndAsync(source, plan, cancellationToken);
        return new Backlog(source, connectionString, plan.Changes + 1, end);
    }

    public async Task<string> CopySlotAsync(string copy, CancellationToken cancellationToken)
    {
        await ExecuteAsync(_source, $"SELECT pg_copy_logical_replication_slot('{Slot}', '{copy}')", cancellationToken);
        return copy;
    }

    /// <summary>Waits until its reader has let go.</summary>
    public async Task DropSlotAsync(string slot, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (await IsActiveAsync(slot, cancellationToken))
        {
            if (TimeProvider.System.GetElapsedTime(started) > SlotFreeTimeout)
                throw new TimeoutException($"Slot {slot} was still in use after {SlotFreeTimeout}.");
            await Task.Delay(SlotFreePoll, TimeProvider.System, cancellationToken);
        }

        await ExecuteAsync(_source, $"SELECT pg_drop_replication_slot('{slot}')", cancellationToken);
    }

    /// <summary>So that no run pays for the pages that another one left.</summary>
    public Task CheckpointAsync(CancellationToken cancellationToken) => ExecuteAsync(_source, "CHECKPOINT", cancellationToken);

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task<bool> IsActiveAsync(string slot, CancellationToken cancellationToken)
    {
        await using var command = _source.CreateCommand($"SELECT active FROM pg_replication_slots WHERE slot_name = '{slot}'");
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
