using System.Text.Json;
using Npgsql;
using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Log.Slots;

/// <summary>
/// Who may write a slot's changes, how far they are durable, and how it is doing. All times are the log database's: the clocks
/// of the processes that compete for a slot need not agree. A row of <c>slots</c> comes and goes with its database.
/// </summary>
public sealed class SlotStore(NpgsqlDataSource source)
{
    /// <summary>True for the row of a lease that still holds. An expired lease that nobody took holds: time alone takes nothing.</summary>
    internal const string Fence = "database_id = $1 AND epoch = $2 AND owner = $3";

    private const string Attached =
        "source_epoch = $4, commit_lsn = $5, ordinal = $6, end_lsn = $7, system_identifier = $8::text, timeline = $9::integer";

    /// <summary>
    /// Takes the slot when it is free, its lease has expired, this owner holds it already (of a former life), or its owner is known
    /// to be dead. Being wrong about that costs the owner its slot, but no change: the new epoch fences it off.
    /// </summary>
    /// <param name="databaseId">Whose slot.</param>
    /// <param name="owner">Who takes it.</param>
    /// <param name="duration">How long the lease holds.</param>
    /// <param name="isDead">Whether an owner is dead.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The lease, with a new epoch: every older lease is void; null: another owner holds it, or there is no such database.</returns>
    public async Task<SlotLease?> TryAcquireAsync(
        DatabaseId databaseId, string owner, TimeSpan duration, Func<string, bool> isDead, CancellationToken cancellationToken)
    {
        const string sql = """
            UPDATE sequin.slots SET owner = $2, epoch = epoch + 1, expires_at = now() + $3
            WHERE database_id = $1 AND (owner IS NULL OR owner = $2 OR expires_at <= now() OR owner = $4)
            RETURNING epoch
            """;
        var present = await source.ReadOneAsync(
            "SELECT owner FROM sequin.slots WHERE database_id = $1", [databaseId.Value], row => new { Owner = row.ReadOrNull<string>(0) },
            cancellationToken);
        var dead = present?.Owner is { } other && isDead(other) ? other : owner;
        var epoch = await source.ReadValueAsync<long>(sql, [databaseId.Value, owner, duration, dead], cancellationToken);
        return epoch is { } value ? new SlotLease(databaseId, owner, value) : null;
    }

    /// <summary>Frees the slot for the next owner. Nothing happens when another one has it already: that is what was wanted.</summary>
    public Task ReleaseAsync(SlotLease lease, CancellationToken cancellationToken) =>
        UpdateAsync(lease, "owner = NULL, expires_at = '-infinity'", [], cancellationToken);

    /// <exception cref="SlotLeaseLostException">The database was deleted.</exception>
    public async Task<SlotPosition> ReadPositionAsync(DatabaseId databaseId, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT source_epoch, commit_lsn, ordinal, end_lsn, system_identifier, timeline FROM sequin.slots WHERE database_id = $1
            """;
        var position = await source.ReadOneAsync(sql, [databaseId.Value], Position, cancellationToken);
        return position ?? throw new SlotLeaseLostException($"Database {databaseId} is no longer in the catalog.");
    }

    /// <summary>Notes, at the first attach, the server that was attached to and where its slot begins.</summary>
    /// <exception cref="SlotLeaseLostException">Another owner has the slot.</exception>
    public async Task SaveAttachAsync(SlotLease lease, SlotPosition position, CancellationToken cancellationToken)
    {
        if (await UpdateAsync(lease, Attached, Values(position), cancellationToken) == 0)
            throw new SlotLeaseLostException(lease);
    }

    /// <summary>Begins a new source epoch behind a gap, and closes the gap, in one transaction.</summary>
    /// <param name="lease">The right to do so.</param>
    /// <param name="position">Where the new slot begins.</param>
    /// <param name="resolution">What was done, for the gap.</param>
    /// <param name="gapEnd">End of the gap; null when its LSNs cannot be compared with its beginning.</param>
    /// <param name="cancellationToken">Ends the write; the outcome is then unknown.</param>
    /// <exception cref="SlotLeaseLostException">Another owner has the slot.</exception>
    public async Task SaveRecoveryAsync(
        SlotLease lease, SlotPosition position, string resolution, Lsn? gapEnd, CancellationToken cancellationToken)
    {
        const string sql = $"""
            WITH slot AS (
                UPDATE sequin.slots SET {Attached}, state = 'reconnecting', state_detail = NULL, state_since = now() WHERE {Fence}
                RETURNING database_id),
            gap AS (
                UPDATE sequin.gaps g SET resolved_at = now(), resolution = $10, to_lsn = $11::pg_lsn, backfill = '{GapRecord.BackfillPending}'
                FROM slot WHERE g.database_id = slot.database_id AND g.resolved_at IS NULL),
            epochs AS (
                INSERT INTO sequin.stream_epochs (stream_id, source_epoch, after_offset, begins_lsn)
                SELECT t.id, $4, coalesce((
                    SELECT last_offset FROM sequin.segments WHERE stream_id = t.id ORDER BY base_offset DESC LIMIT 1), 0), $7
                FROM slot JOIN sequin.streams t USING (database_id))
            SELECT count(*) FROM slot
            """;
        var end = gapEnd is { } lsn ? LogTypes.Parameter(lsn) : null;
        var saved = await source.ReadValueAsync<long>(
            sql, [lease.DatabaseId.Value, lease.Epoch, lease.Owner, .. Values(position), resolution, end], cancellationToken);
        if (saved != 1)
            throw new SlotLeaseLostException(lease);
    }

    /// <summary>Notes that what is committed from here on goes by these routes.</summary>
    public Task SaveRoutesAppliedAsync(SlotLease lease, long routesVersion, CancellationToken cancellationToken) =>
        UpdateAsync(lease, "routes_applied = $4", [routesVersion], cancellationToken);

    /// <summary>Notes how a database is doing; without a lease, because who cannot get one must say so too.</summary>
    public Task SetStateAsync(DatabaseId databaseId, DatabaseState state, string? detail, CancellationToken cancellationToken)
    {
        const string sql = """
            UPDATE sequin.slots
            SET state = $2, state_detail = $3::text, state_since = CASE WHEN state = $2 THEN state_since ELSE now() END
            WHERE database_id = $1 AND (state, state_detail) IS DISTINCT FROM ($2, $3::text)
            """;
        return source.ExecuteAsync(sql, [databaseId.Value, Text(state), detail], cancellationToken);
    }

    /// <returns>Null when there is no such database.</returns>
    public Task<SlotState?> ReadStateAsync(DatabaseId databaseId, CancellationToken cancellationToken) =>
        source.ReadOneAsync(
            "SELECT state, state_since, state_detail FROM sequin.slots WHERE database_id = $1",
            [databaseId.Value],
            row => new SlotState(State(row.GetString(0)), row.GetFieldValue<DateTimeOffset>(1), row.ReadOrNull<string>(2)),
            cancellationToken);

    /// <summary>Databases that need a person: with an open gap, or in a state that ends by no retry of ours.</summary>
    public async Task<long> CountBrokenAsync(CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT count(*) FROM sequin.slots s
            WHERE state IN ('slot_missing', 'slot_lost', 'gap', 'publication_missing', 'permission_denied', 'wal_level_wrong')
               OR EXISTS (SELECT FROM sequin.gaps g WHERE g.database_id = s.database_id AND g.resolved_at IS NULL)
            """;
        return await source.ReadValueAsync<long>(sql, [], cancellationToken) ?? 0;
    }

    private Task<int> UpdateAsync(SlotLease lease, string assignments, object?[] values, CancellationToken cancellationToken) =>
        source.ExecuteAsync(
            $"UPDATE sequin.slots SET {assignments} WHERE {Fence}",
            [lease.DatabaseId.Value, lease.Epoch, lease.Owner, .. values],
            cancellationToken);

    private static object?[] Values(SlotPosition position) =>
    [
        position.Last.SourceEpoch, LogTypes.Parameter(position.Last.CommitLsn), position.Last.Ordinal,
        LogTypes.Parameter(position.EndLsn), position.SystemIdentifier, position.Timeline,
    ];

    private static SlotPosition Position(NpgsqlDataReader row) => new(
        new Position(row.GetInt32(0), row.ReadLsn(1), row.GetInt64(2)),
        row.ReadLsn(3),
        row.ReadOrNull<string>(4),
        row.ReadOrNull<int?>(5));

    private static string Text(DatabaseState state) => JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString());

    private static DatabaseState State(string text) =>
        Enum.Parse<DatabaseState>(text.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
}
