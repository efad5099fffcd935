using System.Data;
using System.Globalization;
using Npgsql;
using Sequin.Core.Backfills;
using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Backfills;

/// <summary>
/// A short read-only transaction on the source with one snapshot. The table is locked against DDL before the snapshot is taken: a
/// TRUNCATE or a rewrite in between would leave it empty for us.
/// </summary>
internal sealed class ChunkTransaction : IAsyncDisposable
{
    /// <summary>When we hang, the source gets rid of the snapshot by itself.</summary>
    private const int IdleSecondsMax = 5;

    private readonly NpgsqlTransaction _transaction;

    private ChunkTransaction(NpgsqlTransaction transaction, TransactionSnapshot snapshot) =>
        (_transaction, Snapshot) = (transaction, snapshot);

    public TransactionSnapshot Snapshot { get; }

    public static async Task<ChunkTransaction> BeginAsync(
        NpgsqlConnection connection, TableName table, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        try
        {
            await using var batch = new NpgsqlBatch(connection, transaction);
            foreach (var sql in Statements(table, timeout))
                batch.BatchCommands.Add(new NpgsqlBatchCommand(sql));
            var snapshot = (string)(await batch.ExecuteScalarAsync(cancellationToken))!;
            return new ChunkTransaction(transaction, TransactionSnapshot.Parse(snapshot));
        }
        catch
        {
            await transaction.DisposeAsync();
            throw;
        }
    }

    /// <summary>Rolls back: there is nothing to keep.</summary>
    public ValueTask DisposeAsync() => _transaction.DisposeAsync();

    // None before the last takes the snapshot.
    private static IEnumerable<string> Statements(TableName table, TimeSpan timeout) =>
    [
        "SET TRANSACTION READ ONLY",
        string.Create(CultureInfo.InvariantCulture, $"SET LOCAL statement_timeout = {(int)timeout.TotalMilliseconds}"),
        string.Create(CultureInfo.InvariantCulture, $"SET LOCAL idle_in_transaction_session_timeout = '{IdleSecondsMax}s'"),
        // A stream has the rows that a policy hides; better an error than to leave them out.
        "SET LOCAL row_security = off",
        $"LOCK TABLE {table.ToSql()} IN ACCESS SHARE MODE",
        "SELECT pg_current_snapshot()::text",
    ];
}
