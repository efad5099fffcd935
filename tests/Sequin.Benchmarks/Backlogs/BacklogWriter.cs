using System.Globalization;
using Npgsql;

namespace Sequin.Benchmarks.Backlogs;

/// <summary>Writes a backlog, on the server itself: a million changes take some seconds.</summary>
internal static class BacklogWriter
{
    private static readonly string Schema = $"""
        {Orders.Table};

        CREATE PROCEDURE write_backlog(transactions int, inserts int, updates int, deletes int) LANGUAGE plpgsql AS $$
        DECLARE
            first bigint;
        BEGIN
            FOR t IN 1..transactions LOOP
                -- Transaction t inserts the ids from first on, and changes those of its predecessor.
                first := t::bigint * inserts;
                INSERT INTO orders SELECT {Orders.Columns} FROM generate_series(first, first + inserts - 1) i;
                UPDATE orders SET status = 'changed', amount = amount + 1 WHERE id >= first - inserts AND id < first - inserts + updates;
                DELETE FROM orders WHERE id >= first - inserts + updates AND id < first - inserts + updates + deletes;
                COMMIT;
            END LOOP;
        END $$;
        """;

    /// <summary>Table and publication, and the rows that the first transaction will change. Before the slot is made.</summary>
    public static async Task PrepareAsync(
        NpgsqlDataSource source, BacklogPlan plan, string publication, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(string.Create(CultureInfo.InvariantCulture, $"""
            {Schema}
            INSERT INTO orders SELECT {Orders.Columns} FROM generate_series(0, {plan.Inserts - 1}) i;
            CREATE PUBLICATION {publication} FOR TABLE orders;
            """));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task WriteAsync(NpgsqlDataSource source, BacklogPlan plan, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        // The changes are read much later; waiting for each commit would only take time.
        await using (var relax = new NpgsqlCommand("SET synchronous_commit = off", connection))
            await relax.ExecuteNonQueryAsync(cancellationToken);
        await using var command = new NpgsqlCommand(string.Create(CultureInfo.InvariantCulture,
            $"CALL write_backlog({plan.Transactions}, {plan.Inserts}, {plan.Updates}, {plan.Deletes})"), connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>One more change, durable: with it everything before is on disk too.</summary>
    public static async Task WriteEndAsync(NpgsqlDataSource source, BacklogPlan plan, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(string.Create(CultureInfo.InvariantCulture,
            $"INSERT INTO orders SELECT {Orders.Columns} FROM generate_series({plan.EndId}, {plan.EndId}) i"));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
