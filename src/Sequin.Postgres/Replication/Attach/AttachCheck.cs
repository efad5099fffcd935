using Sequin.Core.Changes;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Checks;
using Sequin.Postgres.Source.Setup;

namespace Sequin.Postgres.Replication.Attach;

/// <summary>
/// Decides, before each start of replication, whether nothing was lost since the last. PostgreSQL never says it by itself:
/// a start behind the slot's confirmed position is silently moved forward.
/// </summary>
/// <remarks>
/// Whoever confirms a position to the source must have made it durable before, idle confirmations included: then a confirmed
/// position ahead of the durable one can only be another's doing. The durable position is read after the lease is taken, so a
/// former owner cannot move it any more.
/// </remarks>
public static class AttachCheck
{
    public static AttachDecision Decide(AttachFacts facts)
    {
        if (facts.ServerProblem is { } unfit)
            return new AttachDecision.ServerUnfit(ReplicationDiagnosis.StateOf(unfit.Code), unfit);
        if (facts.Slot is not { } slot)
        {
            var text = $"There is no replication slot \"{facts.SlotName}\".";
            return ServerGap(facts.Position, facts.Server) is { } gap
                ? new AttachDecision.SlotMissing($"{text} {gap.Text}", gap.Reason)
                : new AttachDecision.SlotMissing(text);
        }

        if (SlotChecks.Unusable(slot, facts.Server.Database) is { } problem)
            return problem.Code switch
            {
                SourceProblemCode.SlotLost => new AttachDecision.SlotLost(problem.Text),
                SourceProblemCode.SlotOtherDatabase => new AttachDecision.WrongDatabase(slot.Database ?? "", problem),
                _ => new AttachDecision.SlotUnusable(problem),
            };

        if (!facts.PublicationExists)
            return new AttachDecision.PublicationMissing($"There is no publication \"{facts.PublicationName}\".");
        return WentBack(facts)
            ?? ServerGap(facts.Position, facts.Server)
            ?? SlotGap(facts.Position, slot)
            ?? (AttachDecision?)InUse(slot)
            ?? StartOf(facts.Position, slot);
    }

    // Once set back, the server grows past the old position again by itself: only a recovery ends this.
    private static AttachDecision.Gap? WentBack(AttachFacts facts) => facts.WentBackFrom is { } from
        ? new AttachDecision.Gap(
            from,
            null,
            GapReason.ServerWentBack,
            $"The server was seen before {from} that it had already sent: it was set back, and its LSNs mean other changes now.")
        : null;

    private static AttachDecision.Gap? ServerGap(SlotPosition position, SourceServerIdentity server)
    {
        if (position.SystemIdentifier is not null && position.SystemIdentifier != server.SystemIdentifier)
            return new AttachDecision.Gap(
                position.EndLsn,
                null,
                GapReason.ServerChanged,
                $"The server is another one: system identifier {server.SystemIdentifier}, before {position.SystemIdentifier}.");
        if (position.Timeline is { } timeline && timeline != server.Timeline)
            return new AttachDecision.Gap(
                position.EndLsn,
                null,
                GapReason.TimelineChanged,
                $"The server is on timeline {server.Timeline}, before on {timeline}: a replica was promoted or a backup restored.");
        return position.EndLsn > server.CurrentLsn
            ? new AttachDecision.Gap(
                position.EndLsn,
                null,
                GapReason.ServerWentBack,
                $"The server stands at {server.CurrentLsn}, before {position.EndLsn} that it has already sent: it was set back.")
            : null;
    }

    private static AttachDecision.Gap? SlotGap(SlotPosition position, SlotStatus slot) =>
        !IsFirst(position) && slot.ConfirmedFlushLsn is { } confirmed && confirmed > position.EndLsn
            ? new AttachDecision.Gap(
                position.EndLsn,
                confirmed,
                GapReason.SlotAhead,
                $"Slot \"{slot.Name}\" is confirmed up to {confirmed}, but only {position.EndLsn} is in the log: another reader advanced"
                + " it, or it was made again.")
            : null;

    private static AttachDecision.SlotInUse? InUse(SlotStatus slot) => slot switch
    {
        { IsActive: true } => new AttachDecision.SlotInUse(
            slot.ActivePid,
            slot.ActiveApplication,
            slot.IsActiveByOurs,
            $"Slot \"{slot.Name}\" is being read by {slot.ActiveApplication ?? "another session"} (pid {slot.ActivePid})."),
        { ConfirmedFlushLsn: null } => new AttachDecision.SlotInUse(null, null, false, $"Slot \"{slot.Name}\" is still being made."),
        _ => null,
    };

    private static AttachDecision.Start StartOf(SlotPosition position, SlotStatus slot) => IsFirst(position)
        ? new AttachDecision.Start(slot.ConfirmedFlushLsn ?? Lsn.Zero, IsFirst: true)
        : new AttachDecision.Start(position.EndLsn, IsFirst: false);

    /// <summary>Nothing was ever streamed: then nothing can be missing.</summary>
    internal static bool IsFirst(SlotPosition position) => position.SystemIdentifier is null && position.EndLsn == Lsn.Zero;
}

/// <param name="SlotName">As the catalog has it.</param>
/// <param name="PublicationName">As the catalog has it.</param>
/// <param name="Slot">As the source has it; null: missing.</param>
/// <param name="Position">What is durable, read after the lease was taken.</param>
/// <param name="Server">Read in the source's database.</param>
/// <param name="PublicationExists">Whether the source has it.</param>
/// <param name="ServerProblem">Why server or role cannot replicate at all; null: they can.</param>
/// <param name="WentBackFrom">The durable end when the server was found set back, and nobody has recovered since.</param>
public sealed record AttachFacts(
    string SlotName, string PublicationName, SlotStatus? Slot, SlotPosition Position, SourceServerIdentity Server, bool PublicationExists,
    SourceProblem? ServerProblem = null, Lsn? WentBackFrom = null);
