using Dapper;
using Npgsql;
using Sequin.Core.Changes;

namespace Sequin.Postgres.Source.Setup;

/// <summary>Makes, reads and drops replication slots. The publication comes first: a slot older than it cannot be read.</summary>
public static class SlotSetup
{
    /// <summary>A reader that reconnects at once can take the slot back between two statements.</summary>
    private const int DropAttemptsMax = 5;

    private static readonly TimeSpan CreateTimeout = TimeSpan.FromSeconds(60);

    // to_jsonb: a column of 17 read on every version.
    private const string StatusSql =
        """
        SELECT s.slot_name AS name, s.slot_type = 'logical' AS islogical, s.plugin, s.database, s.temporary AS istemporary,
               s.two_phase AS istwophase, s.active AS isactive, s.active_pid AS activepid, a.application_name AS activeapplication,
               s.confirmed_flush_lsn::text AS confirmed, s.restart_lsn::text AS restart, s.wal_status AS walstatus,
               s.safe_wal_size AS safewalsize,
               pg_wal_lsn_diff(
                   CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
                   s.restart_lsn)::bigint AS retainedbytes,
               to_jsonb(s) ->> 'invalidation_reason' AS invalidationreason
        FROM pg_replication_slots s
        LEFT JOIN pg_stat_activity a ON a.pid = s.active_pid
        WHERE s.slot_name = @slotName
        """;

    private const string EndOurReaderSql =
        """
        SELECT pg_terminate_backend(s.active_pid, 5000)
        FROM pg_replication_slots s
        JOIN pg_stat_activity a ON a.pid = s.active_pid
        WHERE s.slot_name = @slotName AND a.application_name = @ours
        """;

    /// <summary>Null: there is no slot of this name.</summary>
    public static async Task<SlotStatus?> ReadAsync(NpgsqlConnection connection, string slotName, CancellationToken cancellationToken)
    {
        var row = await connection.QuerySingleOrDefaultAsync<StatusRow>(
            new CommandDefinition(StatusSql, new { slotName }, cancellationToken: cancellationToken));
        return row?.ToStatus();
    }

    /// <summary>
    /// Makes a slot for pgoutput. PostgreSQL waits until every transaction that writes now has ended, so this can take as long
    /// as the longest of them; after a minute it gives up, and no slot is left behind.
    /// </summary>
    public static async Task<SlotCreation> CreateAsync(
        NpgsqlConnection connection, string slotName, CancellationToken cancellationToken, TimeSpan? timeout = null)
    {
        var seconds = Math.Max(1, (int)(timeout ?? CreateTimeout).TotalSeconds);
        try
        {
            var lsn = await connection.ExecuteScalarAsync<string>(new CommandDefinition(
                "SELECT lsn::text FROM pg_create_logical_replication_slot(@slotName, 'pgoutput')",
                new { slotName },
                commandTimeout: seconds,
                cancellationToken: cancellationToken));
            return new SlotCreation(SlotCreationStatus.Created, Lsn.Parse(lsn!));
        }
        catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.DuplicateObject)
        {
            return new SlotCreation(SlotCreationStatus.NameTaken, Lsn.Zero);
        }
        catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.ConfigurationLimitExceeded)
        {
            return new SlotCreation(SlotCreationStatus.NoFreeSlot, Lsn.Zero);
        }
        catch (NpgsqlException stalled) when (stalled.InnerException is TimeoutException)
        {
            return new SlotCreation(SlotCreationStatus.WaitedTooLong, Lsn.Zero);
        }
    }

    /// <summary>Why the server could not make a slot, and what to do; null: it did, or one of the name is there.</summary>
    public static SourceProblem? Refusal(SlotCreationStatus status) => status switch
    {
        SlotCreationStatus.NoFreeSlot => SourceProblem.Error(
            SourceProblemCode.NoFreeSlot,
            SourceFields.ReplicationSlots,
            "All replication slots of the server are taken. Drop one that nobody reads, or raise max_replication_slots.",
            "SELECT slot_name, active FROM pg_replication_slots;"),
        SlotCreationStatus.WaitedTooLong => SourceProblem.Error(
            SourceProblemCode.SlotCreationMustWait,
            SourceFields.ReplicationSlots,
            "A transaction was open all the time, and PostgreSQL makes a slot only when those that were there before it have ended."
            + " End it, or try again later.",
            "SELECT pid, xact_start, state, query FROM pg_stat_activity WHERE xact_start IS NOT NULL ORDER BY xact_start;"),
        _ => null,
    };

    /// <summary>Drops the slot. A reader of ours is ended first; a stranger's is left alone.</summary>
    public static async Task<SlotDrop> DropAsync(NpgsqlConnection connection, string slotName, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= DropAttemptsMax; attempt++)
        {
            await EndOurReaderAsync(connection, slotName, cancellationToken);
            try
            {
                await connection.ExecuteAsync(new CommandDefinition(
                    "SELECT pg_drop_replication_slot(@slotName)", new { slotName }, cancellationToken: cancellationToken));
                return SlotDrop.Dropped;
            }
            catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.UndefinedObject)
            {
                return SlotDrop.Missing;
            }
            catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.ObjectInUse)
            {
                if (await ReadAsync(connection, slotName, cancellationToken) is { IsActive: true, IsActiveByOurs: false })
                    return SlotDrop.InUse;
            }
        }

        return SlotDrop.InUse;
    }

    /// <summary>Confirms a position in place of a reader. Only for what is durable, and while nobody reads.</summary>
    public static Task AdvanceAsync(NpgsqlConnection connection, string slotName, Lsn to, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition(
            "SELECT pg_replication_slot_advance(@slotName, @to::pg_lsn)",
            new { slotName, to = to.ToString() },
            cancellationToken: cancellationToken));

    /// <summary>
    /// Ends a walsender of ours that still holds the slot: a former owner's that hangs or has not noticed. True when there was
    /// one; the slot is then free.
    /// </summary>
    public static async Task<bool> EndOurReaderAsync(
        NpgsqlConnection connection, string slotName, CancellationToken cancellationToken) =>
        await connection.ExecuteScalarAsync<bool?>(new CommandDefinition(
            EndOurReaderSql, new { slotName, ours = SessionSettings.ApplicationName }, cancellationToken: cancellationToken)) ?? false;

    private sealed record StatusRow
    {
        public string Name { get; init; } = "";
        public bool IsLogical { get; init; }
        public string? Plugin { get; init; }
        public string? Database { get; init; }
        public bool IsTemporary { get; init; }
        public bool IsTwoPhase { get; init; }
        public bool IsActive { get; init; }
        public int? ActivePid { get; init; }
        public string? ActiveApplication { get; init; }
        public string? Confirmed { get; init; }
        public string? Restart { get; init; }
        public string? WalStatus { get; init; }
        public long? SafeWalSize { get; init; }
        public long? RetainedBytes { get; init; }
        public string? InvalidationReason { get; init; }

        public SlotStatus ToStatus() => new()
        {
            Name = Name,
            IsLogical = IsLogical,
            Plugin = Plugin,
            Database = Database,
            IsTemporary = IsTemporary,
            IsTwoPhase = IsTwoPhase,
            IsActive = IsActive,
            ActivePid = ActivePid,
            ActiveApplication = ActiveApplication,
            ConfirmedFlushLsn = Confirmed is null ? null : Lsn.Parse(Confirmed),
            RestartLsn = Restart is null ? null : Lsn.Parse(Restart),
            WalStatus = WalStatus,
            SafeWalSize = SafeWalSize,
            RetainedBytes = RetainedBytes,
            InvalidationReason = InvalidationReason,
        };
    }
}
