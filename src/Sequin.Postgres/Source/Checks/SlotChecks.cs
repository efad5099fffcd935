using System.Text.RegularExpressions;
using Sequin.Postgres.Source.Setup;

namespace Sequin.Postgres.Source.Checks;

/// <summary>The slot: is it there, is it ours to read, and is its WAL still kept?</summary>
internal static partial class SlotChecks
{
    public static IEnumerable<SourceProblem> Of(PreflightRequest request, ServerFacts server, SlotStatus? slot)
    {
        if (!SlotName().IsMatch(request.SlotName))
            return [Error(
                SourceProblemCode.SlotNameInvalid,
                $"\"{request.SlotName}\" cannot name a slot: 1 to 63 lower case letters, digits and underscores.")];
        if (slot is not null)
            return OfSlot(request, server.Database, slot);
        return request.CreateSlot
            ? []
            : [Error(
                SourceProblemCode.SlotMissing,
                $"There is no replication slot \"{request.SlotName}\". Make it, or ask for it with create_if_not_exists.",
                $"SELECT pg_create_logical_replication_slot({SqlText.Literal(request.SlotName)}, '{SlotStatus.PluginOfOurs}');")];
    }

    /// <summary>Why a slot of the right name can never be read by us; null: it can.</summary>
    public static SourceProblem? Unusable(SlotStatus slot, string database) => slot switch
    {
        { IsLogical: false } => Error(
            SourceProblemCode.SlotNotLogical,
            $"Slot \"{slot.Name}\" is a physical slot. Choose another name."),
        { Plugin: not SlotStatus.PluginOfOurs } => Error(
            SourceProblemCode.SlotWrongPlugin,
            $"Slot \"{slot.Name}\" was made for plugin {slot.Plugin}; {SlotStatus.PluginOfOurs} is needed. Choose another name, or make"
            + " it anew.",
            MakeAnew(slot.Name)),
        _ when slot.Database != database => Error(
            SourceProblemCode.SlotOtherDatabase,
            $"Slot \"{slot.Name}\" belongs to database \"{slot.Database}\", not to \"{database}\". Slot names are one set for the whole"
            + " server: choose another."),
        { IsTemporary: true } => Error(
            SourceProblemCode.SlotTemporary,
            $"Slot \"{slot.Name}\" is temporary: it ends with the session that made it. Choose another name."),
        { IsTwoPhase: true } => Error(
            SourceProblemCode.SlotTwoPhase,
            $"Slot \"{slot.Name}\" sends transactions when they are prepared (two_phase). Make it anew without.",
            MakeAnew(slot.Name)),
        { IsLost: true } => Error(
            SourceProblemCode.SlotLost,
            $"Slot \"{slot.Name}\" is lost: PostgreSQL has removed WAL that it needs ({slot.InvalidationReason ?? "wal_removed"})."
            + " Changes since are gone; make it anew and backfill.",
            MakeAnew(slot.Name)),
        _ => null,
    };

    private static IEnumerable<SourceProblem> OfSlot(PreflightRequest request, string database, SlotStatus slot)
    {
        if (Unusable(slot, database) is { } unusable)
        {
            yield return unusable;
            yield break;
        }

        if (slot.IsActive && !(request.IsAttached && slot.IsActiveByOurs))
            yield return Error(
                SourceProblemCode.SlotInUse,
                $"Slot \"{slot.Name}\" is being read by {slot.ActiveApplication ?? "another session"} (pid {slot.ActivePid}). Two readers"
                + " would take each other's changes: stop that one, or choose another name.",
                $"SELECT pg_terminate_backend({slot.ActivePid});");
        if (slot.WalStatus == "unreserved")
            yield return SourceProblem.Warning(
                SourceProblemCode.SlotNearlyLost,
                SourceFields.ReplicationSlots,
                $"Slot \"{slot.Name}\" is behind by more than max_slot_wal_keep_size: the next checkpoint can end it.",
                "ALTER SYSTEM SET max_slot_wal_keep_size = -1;\nSELECT pg_reload_conf();");
    }

    private static string MakeAnew(string slotName) =>
        $"SELECT pg_drop_replication_slot({SqlText.Literal(slotName)});\n"
        + $"SELECT pg_create_logical_replication_slot({SqlText.Literal(slotName)}, '{SlotStatus.PluginOfOurs}');";

    private static SourceProblem Error(SourceProblemCode code, string text, string? fixSql = null) =>
        SourceProblem.Error(code, SourceFields.ReplicationSlots, text, fixSql);

    [GeneratedRegex("^[a-z0-9_]{1,63}$")]
    private static partial Regex SlotName();
}
