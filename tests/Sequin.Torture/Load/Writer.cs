using Npgsql;

namespace Sequin.Torture.Load;

/// <summary>
/// Random transactions on keys that all writers share: several statements each, savepoints, rollbacks, and conflicts that end some of
/// them. A server that is away is waited for.
/// </summary>
internal sealed class Writer(NpgsqlDataSource source, LoadPace pace, int seed, int number, TimeProvider time)
{
    private const int StatementsMax = 8;
    private const double SavepointShare = 0.15;
    private const double SavepointRollbackShare = 0.5;
    private const double RollbackShare = 0.12;
    private const double BulkShare = 0.005;

    /// <summary>More than a segment holds.</summary>
    private const int BulkRows = 2_500;

    /// <summary>One bulk transaction is only one among many.</summary>
    private const int BulkRemainingMin = 10 * BulkRows;

    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromMilliseconds(50);

    private readonly Random _random = new(seed * 397 + number);
    private readonly RandomStatements _statements = new(seed * 397 + 100 + number, number);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!pace.IsDone)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(cancellationToken);
                while (!pace.IsDone)
                    await pace.AddAsync(await TransactionAsync(connection, cancellationToken), cancellationToken);
            }
            catch (NpgsqlException failure) when (failure is not PostgresException { IsTransient: false } || IsShutdown(failure))
            {
                await Task.Delay(ReconnectDelay, time, cancellationToken);
            }
        }
    }

    private static bool IsShutdown(NpgsqlException failure) =>
        failure is PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown };

    private async Task<int> TransactionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            var changes = await StatementsAsync(connection, transaction, cancellationToken);
            if (_random.NextDouble() < RollbackShare)
            {
                await transaction.RollbackAsync(cancellationToken);
                return 0;
            }

            await transaction.CommitAsync(cancellationToken);
            return changes;
        }
        catch (PostgresException conflict) when (IsConflict(conflict))
        {
            await transaction.RollbackAsync(cancellationToken);
            return 0;
        }
    }

    private async Task<int> StatementsAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        if (pace.Remaining > BulkRemainingMin && _random.NextDouble() < BulkShare)
            return await ExecuteAsync(connection, _statements.Bulk(BulkRows), cancellationToken);

        var changes = 0;
        var statements = _random.Next(1, StatementsMax + 1);
        for (var n = 0; n < statements; n++)
        {
            if (_random.NextDouble() >= SavepointShare)
            {
                changes += await ExecuteAsync(connection, _statements.Next(), cancellationToken);
                continue;
            }

            await transaction.SaveAsync("part", cancellationToken);
            var part = await ExecuteAsync(connection, _statements.Next(), cancellationToken)
                + await ExecuteAsync(connection, _statements.Next(), cancellationToken);
            if (_random.NextDouble() < SavepointRollbackShare)
                await transaction.RollbackAsync("part", cancellationToken);
            else
                changes += part;
        }

        return changes;
    }

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static bool IsConflict(PostgresException failure) =>
        failure.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.UniqueViolation;
}
