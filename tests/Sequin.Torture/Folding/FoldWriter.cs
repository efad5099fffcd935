using System.Globalization;
using Npgsql;

namespace Sequin.Torture.Folding;

/// <summary>
/// Random SQL until it is told to stop: single statements and transactions over several tables, savepoints, rollbacks, COPY, upserts,
/// key changes, truncates, prepared transactions. A source that is away, and a conflict, are tried again: what counts is what the
/// tables hold in the end.
/// </summary>
internal sealed class FoldWriter(NpgsqlDataSource source, int seed, TimeProvider time)
{
    private const int Keys = 200;
    private const int BigCharacters = 4000;
    private const int CopyRowsMax = 300;
    private static readonly TimeSpan PauseMax = TimeSpan.FromMilliseconds(8);
    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromMilliseconds(50);
    private static readonly string[] Notes = ["plain", "it''s", "\"quoted\"", "back\\slash", "žluťoučký 😀", "two\nlines", ""];
    private static readonly string[] Regions = ["north", "it''s", "süd 😀", "a\"b\\c"];

    private readonly Random _random = new(seed);
    private int _prepared;

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(CancellationToken.None);
                while (!stop.IsCancellationRequested)
                {
                    await OneAsync(connection);
                    await Task.Delay(PauseMax * _random.NextDouble(), time, CancellationToken.None);
                }
            }
            catch (PostgresException conflict) when (conflict.SqlState is PostgresErrorCodes.DeadlockDetected
                or PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.LockNotAvailable)
            {
                // The transaction is rolled back with its connection.
            }
            catch (NpgsqlException)
            {
                await Task.Delay(ReconnectDelay, time, CancellationToken.None);
            }
        }
    }

    private Task OneAsync(NpgsqlConnection connection) => _random.Next(100) switch
    {
        < 45 => ExecuteAsync(connection, Statement()),
        < 75 => TransactionAsync(connection),
        < 85 => ExecuteAsync(connection, $"BEGIN; {Statement()}; SAVEPOINT s; {Statement()}; ROLLBACK TO s; {Statement()}; COMMIT"),
        < 89 => ExecuteAsync(connection, $"BEGIN; {Statement()}; {Statement()}; ROLLBACK"),
        < 93 => CopyAsync(connection),
        < 97 => PreparedAsync(connection),
        < 99 => ExecuteAsync(connection, $"TRUNCATE {FoldTables.Small}"),
        _ => ExecuteAsync(connection, Bulk()),
    };

    private Task TransactionAsync(NpgsqlConnection connection)
    {
        var statements = string.Join("; ", Enumerable.Range(0, _random.Next(2, 9)).Select(_ => Statement()));
        return ExecuteAsync(connection, $"BEGIN; {statements}; COMMIT");
    }

    private async Task PreparedAsync(NpgsqlConnection connection)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"'fold {seed} {_prepared++}'");
        await ExecuteAsync(connection, $"BEGIN; {Statement()}; {Statement()}; PREPARE TRANSACTION {name}");
        await ExecuteAsync(connection, _random.Next(4) == 0 ? $"ROLLBACK PREPARED {name}" : $"COMMIT PREPARED {name}");
    }

    private async Task CopyAsync(NpgsqlConnection connection)
    {
        await ExecuteAsync(connection, $"DELETE FROM {FoldTables.Plain} WHERE id >= {Keys}");
        await using var copy = await connection.BeginTextImportAsync($"COPY {FoldTables.Plain} (id, n, note) FROM STDIN");
        var rows = _random.Next(1, CopyRowsMax);
        for (var row = 0; row < rows; row++)
            await copy.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{Keys + row}\t{row}.5\tcopied"));
    }

    private string Statement() => _random.Next(100) switch
    {
        < 22 => $"INSERT INTO {FoldTables.Plain} (id, n, note, big) VALUES ({Key()}, {Number()}, {Note()}, {Big()}) ON CONFLICT (id) DO UPDATE"
            + " SET n = excluded.n, note = excluded.note",
        < 36 => $"UPDATE {FoldTables.Plain} SET n = coalesce(n, 0) + 1 WHERE id = {Key()}",
        < 42 => $"UPDATE {FoldTables.Plain} SET big = {Big()} WHERE id = {Key()}",
        < 48 => $"UPDATE {FoldTables.Plain} SET id = {Key()} WHERE id = {Key()}",
        < 56 => $"DELETE FROM {FoldTables.Plain} WHERE id = {Key()}",
        < 72 => $"INSERT INTO {FoldTables.Full} (region, no, doc, note) VALUES ({Region()}, {Key()}, '{{\"a\": [1, {Number()}]}}', {Note()})"
            + " ON CONFLICT (region, no) DO UPDATE SET doc = excluded.doc",
        < 80 => $"UPDATE {FoldTables.Full} SET note = {Note()} WHERE region = {Region()} AND no % 20 = {_random.Next(20)}",
        < 86 => $"UPDATE {FoldTables.Full} SET region = {Region()}, no = {Key()} WHERE region = {Region()} AND no = {Key()}",
        < 92 => $"DELETE FROM {FoldTables.Full} WHERE region = {Region()} AND no = {Key()}",
        _ => $"INSERT INTO {FoldTables.Small} (id, note) VALUES ({Key()}, {Note()}) ON CONFLICT (id) DO UPDATE SET note = excluded.note",
    };

    private string Bulk() => $"UPDATE {FoldTables.Full} SET note = {Note()}";

    private int Key() => _random.Next(Keys);

    private string Number() => string.Create(CultureInfo.InvariantCulture, $"{_random.Next(-99999, 99999)}.{_random.Next(10)}");

    private string Note() => _random.Next(8) == 0 ? "NULL" : $"'{Notes[_random.Next(Notes.Length)]}'";

    private string Region() => $"'{Regions[_random.Next(Regions.Length)]}'";

    private string Big() => _random.Next(3) == 0 ? $"repeat('{(char)('a' + _random.Next(26))}', {BigCharacters})" : "NULL";

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
