using Npgsql;
using Sequin.Core.Identity;
using Sequin.Postgres.Source.Safety;

namespace Sequin.Postgres.Log.Slots;

/// <summary>The latest look at every source, for all processes of the cluster.</summary>
public sealed class SlotReadings(NpgsqlDataSource source)
{
    /// <summary>Whether it is time for another look, and the caller's turn: of many that ask at once one hears yes.</summary>
    /// <param name="databaseId">Of which source.</param>
    /// <param name="age">How old the last look must be.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<bool> TryClaimAsync(DatabaseId databaseId, TimeSpan age, CancellationToken cancellationToken)
    {
        const string sql = """
            INSERT INTO sequin.slot_readings AS r (database_id, measured_at) SELECT id, now() FROM sequin.databases WHERE id = $1
            ON CONFLICT (database_id) DO UPDATE SET claimed_at = now() WHERE r.claimed_at <= now() - $2
            """;
        return await source.ExecuteAsync(sql, [databaseId.Value, age], cancellationToken) == 1;
    }

    /// <returns>What was there with what was seen, as it is stored now; null: the database was deleted.</returns>
    public async Task<SlotReading?> SaveAsync(DatabaseId databaseId, SlotObservation seen, CancellationToken cancellationToken)
    {
        const string sql = """
            UPDATE sequin.slot_readings SET measured_at = $2, wal_lsn = $3, wal_status = $4::text, retained_bytes = $5::bigint,
                safe_wal_bytes = $6::bigint, wal_bytes_per_second = $7::float8, growth_bytes_per_second = $8::float8,
                oldest_transaction_seconds = $9::float8, may_replicate = $10, error = NULL, tables = $11
            WHERE database_id = $1
            """;
        var now = await source.ReadValueAsync<DateTime>("SELECT now()", [], cancellationToken);
        var reading = SlotReading.After(
            await ReadAsync(databaseId, cancellationToken), seen, new DateTimeOffset(now!.Value, TimeSpan.Zero));
        var saved = await source.ExecuteAsync(
            sql,
            [
                databaseId.Value, now.Value, LogTypes.Parameter(seen.WalLsn), reading.WalStatus, reading.RetainedBytes,
                reading.SafeWalBytes, reading.WalBytesPerSecond, reading.GrowthBytesPerSecond, reading.OldestTransaction?.TotalSeconds,
                reading.MayReplicate, reading.Tables.ToArray(),
            ],
            cancellationToken);
        return saved == 1 ? reading : null;
    }

    /// <summary>Notes that the source could not be looked at; what was known of it stays.</summary>
    public Task SaveErrorAsync(DatabaseId databaseId, string error, CancellationToken cancellationToken) => source.ExecuteAsync(
        "UPDATE sequin.slot_readings SET error = $2 WHERE database_id = $1", [databaseId.Value, error], cancellationToken);

    /// <returns>Null: nobody has looked yet.</returns>
    public Task<SlotReading?> ReadAsync(DatabaseId databaseId, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT measured_at, wal_lsn, wal_status, retained_bytes, safe_wal_bytes, wal_bytes_per_second, growth_bytes_per_second,
                   oldest_transaction_seconds, coalesce(may_replicate, true), error, tables
            FROM sequin.slot_readings WHERE database_id = $1
            """;
        return source.ReadOneAsync(sql, [databaseId.Value], Read, cancellationToken);
    }

    private static SlotReading Read(NpgsqlDataReader row) => new()
    {
        MeasuredAt = row.GetFieldValue<DateTimeOffset>(0),
        WalLsn = row.IsDBNull(1) ? null : row.ReadLsn(1),
        WalStatus = row.ReadOrNull<string>(2),
        RetainedBytes = row.ReadOrNull<long?>(3),
        SafeWalBytes = row.ReadOrNull<long?>(4),
        WalBytesPerSecond = row.ReadOrNull<double?>(5),
        GrowthBytesPerSecond = row.ReadOrNull<double?>(6),
        OldestTransaction = row.ReadOrNull<double?>(7) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        MayReplicate = row.GetBoolean(8),
        Error = row.ReadOrNull<string>(9),
        Tables = row.GetFieldValue<string[]>(10),
    };
}
