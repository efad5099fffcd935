using Sequin.Postgres.Source.Setup;

namespace Sequin.Postgres.Source.Checks;

/// <summary>Server and role: can this server replicate logically, now, for this user?</summary>
internal static class ServerChecks
{
    /// <summary>From here on a standby decodes its WAL, too.</summary>
    private const int StandbyVersionMin = 16;
    private const string RestartHint = "then restart PostgreSQL";

    public static SourceProblem VersionTooOld(Version version) => SourceProblem.Error(
        SourceProblemCode.VersionTooOld,
        SourceFields.Hostname,
        $"The server runs PostgreSQL {version}. {Preflight.VersionMin} or later is needed: upgrade it.");

    /// <summary>Why nothing can be streamed from this server by this role, whatever the slot; null: it can.</summary>
    public static SourceProblem? Unfit(ServerFacts server)
    {
        if (server.IsStandby && server.MajorVersion < StandbyVersionMin)
            return StandbyTooOld(server);
        if (server.WalLevel != "logical")
            return WalLevelWrong(server);
        return server.MayReplicate ? null : NoReplicationPrivilege(server);
    }

    public static IEnumerable<SourceProblem> Of(PreflightRequest request, ServerFacts server, SlotStatus? slot)
    {
        if (server.WalLevel != "logical")
            yield return WalLevelWrong(server);
        if (server.IsStandby && StandbyProblem(request, server, slot) is { } standby)
            yield return standby;
        if (!server.MayReplicate)
            yield return NoReplicationPrivilege(server);
        if (slot is null && request.CreateSlot && server.SlotsUsed >= server.SlotsMax)
            yield return SourceProblem.Error(
                SourceProblemCode.NoFreeSlot,
                SourceFields.ReplicationSlots,
                $"All {server.SlotsMax} replication slots of the server are taken. Drop one that nobody reads, or raise"
                + $" max_replication_slots, {RestartHint}.",
                $"SELECT slot_name, active FROM pg_replication_slots;\nALTER SYSTEM SET max_replication_slots = {server.SlotsMax + 5};");
        if (slot is not { IsActive: true } && server.WalSendersUsed >= server.WalSendersMax)
            yield return SourceProblem.Error(
                SourceProblemCode.NoFreeWalSender,
                SourceFields.Hostname,
                $"All {server.WalSendersMax} walsenders of the server are taken. Raise max_wal_senders, {RestartHint}.",
                $"ALTER SYSTEM SET max_wal_senders = {server.WalSendersMax + 5};");
        if (slot is null && request.CreateSlot && server.PreparedTransactions + server.LongTransactions > 0)
            yield return SlotCreationMustWait(server);
    }

    private static SourceProblem WalLevelWrong(ServerFacts server) => server.IsRds
        ? SourceProblem.Error(
            SourceProblemCode.WalLevelWrong,
            SourceFields.Hostname,
            $"wal_level is {server.WalLevel}, and logical is needed: set rds.logical_replication = 1 in the parameter group,"
            + $" {RestartHint}.")
        : SourceProblem.Error(
            SourceProblemCode.WalLevelWrong,
            SourceFields.Hostname,
            $"wal_level is {server.WalLevel}, and logical is needed: set it, {RestartHint}.",
            "ALTER SYSTEM SET wal_level = logical;");

    private static SourceProblem? StandbyProblem(PreflightRequest request, ServerFacts server, SlotStatus? slot)
    {
        if (server.MajorVersion < StandbyVersionMin)
            return StandbyTooOld(server);
        return slot is null && request.CreateSlot
            ? SourceProblem.Warning(
                SourceProblemCode.ServerIsStandby,
                SourceFields.Hostname,
                "The server is a standby: making a slot there waits until the primary writes. Publications are made on the primary.",
                "SELECT pg_log_standby_snapshot(); -- on the primary")
            : null;
    }

    private static SourceProblem StandbyTooOld(ServerFacts server) => SourceProblem.Error(
        SourceProblemCode.ServerIsStandby,
        SourceFields.Hostname,
        $"The server is a standby, and PostgreSQL {server.MajorVersion} replicates logically from a primary only. Give the"
        + " primary's address.");

    private static SourceProblem NoReplicationPrivilege(ServerFacts server) => SourceProblem.Error(
        SourceProblemCode.NoReplicationPrivilege,
        SourceFields.Username,
        $"User \"{server.Username}\" may not replicate.",
        server.IsRds
            ? $"GRANT rds_replication TO {SqlText.Identifier(server.Username)};"
            : $"ALTER ROLE {SqlText.Identifier(server.Username)} REPLICATION;");

    private static SourceProblem SlotCreationMustWait(ServerFacts server) => SourceProblem.Warning(
        SourceProblemCode.SlotCreationMustWait,
        SourceFields.ReplicationSlots,
        $"Making the slot waits for {server.LongTransactions} transactions that have been open for more than 10 s and for"
        + $" {server.PreparedTransactions} prepared ones. End them.",
        "SELECT pid, application_name, xact_start, query FROM pg_stat_activity WHERE backend_xid IS NOT NULL ORDER BY xact_start;\n"
        + "SELECT gid, prepared, owner FROM pg_prepared_xacts;");
}
