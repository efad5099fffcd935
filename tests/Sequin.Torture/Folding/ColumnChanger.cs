using Npgsql;

namespace Sequin.Torture.Folding;

/// <summary>Adds, renames and drops columns while others write. What it renamed is noted in the transaction that does so.</summary>
internal sealed class ColumnChanger(NpgsqlDataSource source, int seed, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, List<string>> _columns = FoldTables.All.ToDictionary(table => table, _ => new List<string>());
    private int _names;

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var table = FoldTables.All[_random.Next(FoldTables.All.Count)];
            try
            {
                await ChangeAsync(table);
            }
            catch (NpgsqlException)
            {
                // A lock that took too long, or a source that is away: whether it was done is asked below.
            }

            await Task.Delay(Pause, time, CancellationToken.None);
        }
    }

    private async Task ChangeAsync(string table)
    {
        await using var connection = await source.OpenConnectionAsync(CancellationToken.None);
        await RefreshAsync(connection, table);
        var columns = _columns[table];
        var name = $"extra_{_names++}";
        if (columns.Count == 0 || _random.Next(2) == 0)
        {
            await ExecuteAsync(connection, $"ALTER TABLE {table} ADD COLUMN {name} int");
            await ExecuteAsync(connection, $"UPDATE {table} SET {name} = {_names} WHERE note = 'plain'");
            return;
        }

        var former = columns[_random.Next(columns.Count)];
        await ExecuteAsync(connection, _random.Next(2) == 0
            ? $"ALTER TABLE {table} DROP COLUMN {former}"
            : $"ALTER TABLE {table} RENAME COLUMN {former} TO {name}; INSERT INTO renames VALUES ('{table}', '{former}', '{name}')");
    }

    private async Task RefreshAsync(NpgsqlConnection connection, string table)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attname LIKE 'extra%' AND NOT attisdropped", connection);
        await using var rows = await command.ExecuteReaderAsync(CancellationToken.None);
        _columns[table].Clear();
        while (await rows.ReadAsync(CancellationToken.None))
            _columns[table].Add(rows.GetString(0));
    }

    // One string is one transaction. A lock is not waited for long: a prepared transaction that nobody ends would stop everybody.
    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand($"SET lock_timeout = '1s'; {sql}", connection);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
