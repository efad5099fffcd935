using System.Globalization;
using Npgsql;

namespace Sequin.Torture.Backfills;

/// <summary>Updates, deletes, inserts, moves keys and truncates, until it is told to stop.</summary>
internal sealed class BackfillWriter(NpgsqlDataSource source, int seed, int rows, TimeProvider time)
{
    private const int RangeMax = 50;
    private static readonly TimeSpan PauseMax = TimeSpan.FromMilliseconds(6);

    private readonly Random _random = new(seed);

    public long Statements { get; private set; }

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await using var connection = await source.OpenConnectionAsync(CancellationToken.None);
            try
            {
                while (!stop.IsCancellationRequested)
                {
                    await using var command = new NpgsqlCommand(Statement(), connection);
                    await command.ExecuteNonQueryAsync(CancellationToken.None);
                    Statements++;
                    await Task.Delay(PauseMax * _random.NextDouble(), time, CancellationToken.None);
                }
            }
            catch (PostgresException conflict) when (
                conflict.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.UniqueViolation)
            {
                // Two writers at one row: rolled back.
            }
        }
    }

    private string Statement()
    {
        var isSmall = _random.Next(5) == 0;
        var (table, count) = isSmall ? (BackfillTables.Small, rows / BackfillTables.LargePerSmall) : (BackfillTables.Large, rows);
        // Keys that there were, and some behind them.
        var (one, other) = (_random.Next(1, count * 11 / 10), _random.Next(1, count * 11 / 10));
        FormattableString sql = _random.Next(100) switch
        {
            < 25 => $"UPDATE {table} SET version = nextval('versions') WHERE id = {one}",
            < 40 => $"UPDATE {table} SET version = nextval('versions') WHERE id BETWEEN {one} AND {one + _random.Next(RangeMax)}",
            < 55 => $"DELETE FROM {table} WHERE id BETWEEN {one} AND {one + _random.Next(5)}",
            < 75 => $"""
                INSERT INTO {table} VALUES ({one}, nextval('versions'), 'new')
                ON CONFLICT (id) DO UPDATE SET version = nextval('versions'), note = 'again'
                """,
            < 95 => $"UPDATE {table} SET id = {other}, version = nextval('versions') WHERE id = {one} AND id <> {other}",
            < 99 => $"""
                BEGIN; DELETE FROM {table} WHERE id = {one};
                INSERT INTO {table} VALUES ({one}, nextval('versions'), 'anew') ON CONFLICT (id) DO NOTHING; COMMIT
                """,
            _ => $"TRUNCATE {BackfillTables.Small}",
        };
        return sql.ToString(CultureInfo.InvariantCulture);
    }
}
