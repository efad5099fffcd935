using Npgsql;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Replication;

namespace Sequin.Postgres.Log.Segments;

/// <summary>Changes that could not be written as messages. They are written with the batch they came in, and kept.</summary>
public sealed class UndecodableChangeStore(NpgsqlDataSource source)
{
    private const string InsertChange = $"""
        INSERT INTO sequin.undecodable_changes (database_id, source_epoch, commit_lsn, ordinal, table_name, error, raw)
        SELECT $1, $4, $5, $6, $7, $8, $9
        WHERE EXISTS (SELECT FROM sequin.slots WHERE {SlotStore.Fence})
        """;

    /// <summary>How many there are of a database.</summary>
    public async Task<long> CountAsync(DatabaseId database, CancellationToken cancellationToken) =>
        await source.ReadValueAsync<long>(
            "SELECT count(*) FROM sequin.undecodable_changes WHERE database_id = $1", [database.Value], cancellationToken) ?? 0;

    internal static NpgsqlBatchCommand Insert(SlotLease lease, UndecodableChange change)
    {
        var insert = new NpgsqlBatchCommand(InsertChange);
        insert.Parameters.With(
            lease.DatabaseId.Value, lease.Epoch, lease.Owner,
            change.Position.SourceEpoch, LogTypes.Parameter(change.Position.CommitLsn), change.Position.Ordinal,
            change.Table, change.Error, change.Raw);
        return insert;
    }
}
