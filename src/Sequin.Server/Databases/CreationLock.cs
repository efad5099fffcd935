using Npgsql;

namespace Sequin.Server.Databases;

/// <summary>
/// Lets creations of the same name, or of the same slot, happen one after the other in the whole cluster. Without it the loser of
/// a race for a name would clean up the slot that the winner has just begun to use.
/// </summary>
internal sealed class CreationLock : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private CreationLock(NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        (_connection, _transaction) = (connection, transaction);

    /// <returns>Null: another holder did not let go in time.</returns>
    public static async Task<CreationLock?> TryTakeAsync(NpgsqlDataSource log, NewDatabase database, CancellationToken cancellationToken)
    {
        var connection = await log.OpenConnectionAsync(cancellationToken);
        var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var taken = new CreationLock(connection, transaction);
        try
        {
            await using var command = new NpgsqlCommand($"SET LOCAL lock_timeout = {(int)DatabaseLimits.CreationLockMax.TotalMilliseconds}",
                connection, transaction);
            await command.ExecuteNonQueryAsync(cancellationToken);
            foreach (var key in Keys(database))
                await LockAsync(connection, transaction, key, cancellationToken);
            return taken;
        }
        catch (PostgresException waited) when (waited.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            await taken.DisposeAsync();
            return null;
        }
        catch
        {
            await taken.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    // In one order for everybody, so that two creations never wait for each other.
    private static IEnumerable<string> Keys(NewDatabase database) => new[]
    {
        $"sequin.database:{database.Name}",
        $"sequin.slot:{database.Address.Hostname}:{database.Address.Port}:{database.SlotName}",
    }.Order(StringComparer.Ordinal);

    private static async Task LockAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string key, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
