using Npgsql;
using NpgsqlTypes;

namespace Sequin.Torture.Oracles;

/// <summary>An independent witness: a second slot, made before the first write, that tells at the end what was committed.</summary>
public sealed class SlotOracle(NpgsqlDataSource source)
{
    private const string Slot = "torture_oracle";

    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand($"SELECT pg_create_logical_replication_slot('{Slot}', 'test_decoding')");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Every committed change, in commit order.</summary>
    public async Task<IReadOnlyList<OracleChange>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            $"SELECT lsn, data FROM pg_logical_slot_peek_changes('{Slot}', NULL, NULL, 'include-xids', '0', 'skip-empty-xacts', '1')");
        command.CommandTimeout = 0;
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);

        var changes = new List<OracleChange>();
        var firstOfTransaction = 0;
        while (await rows.ReadAsync(cancellationToken))
        {
            var line = rows.GetString(1);
            if (TestDecodingLine.IsChange(line))
                changes.Add(TestDecodingLine.Parse(line, changes.Count - firstOfTransaction));
            else if (line.StartsWith("COMMIT", StringComparison.Ordinal))
                firstOfTransaction = EndTransaction(changes, firstOfTransaction, (ulong)rows.GetFieldValue<NpgsqlLogSequenceNumber>(0));
        }

        return changes;
    }

    // Only the commit's line carries the LSN of its end.
    private static int EndTransaction(List<OracleChange> changes, int first, ulong endLsn)
    {
        for (var i = first; i < changes.Count; i++)
            changes[i] = changes[i] with { EndLsn = endLsn };
        return changes.Count;
    }
}
