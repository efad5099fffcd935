using Npgsql;
using Sequin.Core.Changes;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Checks;
using Sequin.Postgres.Source.Setup;
using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Replication.Attach;

/// <summary>
/// Begins a database anew behind a gap:
/// 1. take the slot's lease, so that nobody streams meanwhile;
/// 2. look whether there is anything to recover, and open the gap when it is not open yet;
/// 3. make the publication, when it is missing, with the tables it had;
/// 4. drop the slot and make it again, behind the publication, because a slot that is older cannot be decoded;
/// 5. write the new source epoch with its position and close the gap, in one transaction.
/// Ended anywhere before 5, the gap is still open, and the next call does the rest.
/// </summary>
public sealed class SlotRecovery(NpgsqlDataSource log, TimeProvider time)
{
    /// <summary>Tells an owner of the lease that is no silo.</summary>
    public const string OwnerPrefix = "recovery:";

    /// <summary>Longer than a whole recovery, of which making the slot may take a minute.</summary>
    private static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(120);

    /// <summary>A worker that only looks holds the lease for moments; one that streams keeps it.</summary>
    private static readonly TimeSpan LeaseWaitMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LeaseRetryInterval = TimeSpan.FromMilliseconds(50);

    private readonly SlotStore _slots = new(log);
    private readonly GapStore _gaps = new(log);
    private readonly SlotReadings _readings = new(log);

    /// <param name="database">Which.</param>
    /// <param name="cancellationToken">Ends it; what was done in the source stays done.</param>
    /// <exception cref="SourceProblemException">The source could not be reached, or refused.</exception>
    public async Task<SlotRecoveryResult> RunAsync(DatabaseRecord database, CancellationToken cancellationToken)
    {
        if (await AcquireAsync(database, cancellationToken) is not { } lease)
            return await IsStreamingAsync(database, cancellationToken)
                ? new SlotRecoveryResult.NothingToRecover("Its slot is being read and its changes arrive.")
                : new SlotRecoveryResult.Busy();
        try
        {
            await using var source = await SourceConnector.OpenAsync(database.Address, cancellationToken);
            await SlotSetup.EndOurReaderAsync(source, database.SlotName, cancellationToken);
            var attachment = new SlotAttachment(_slots, _gaps);
            var (decision, facts) = await attachment.LookAsync(source, database, cancellationToken);
            if (await RefusalAsync(source, database, decision, facts, cancellationToken) is { } refusal)
                return refusal;

            await attachment.RecordAsync(database, AsGap(decision, facts), facts.Position, cancellationToken);
            return await BeginAnewAsync(source, database, lease, facts, cancellationToken);
        }
        finally
        {
            await _slots.ReleaseAsync(lease, CancellationToken.None);
        }
    }

    private async Task<SlotLease?> AcquireAsync(DatabaseRecord database, CancellationToken cancellationToken)
    {
        var owner = $"{OwnerPrefix}{Guid.NewGuid():N}";
        var started = time.GetTimestamp();
        while (true)
        {
            if (await _slots.TryAcquireAsync(database.Id, owner, LeaseDuration, _ => false, cancellationToken) is { } lease)
                return lease;
            if (time.GetElapsedTime(started) > LeaseWaitMax)
                return null;
            await Task.Delay(LeaseRetryInterval, time, cancellationToken);
        }
    }

    private async Task<bool> IsStreamingAsync(DatabaseRecord database, CancellationToken cancellationToken) =>
        (await _slots.ReadStateAsync(database.Id, cancellationToken))?.State
            is DatabaseState.Streaming or DatabaseState.CatchingUp or DatabaseState.Idle;

    private static async Task<SlotRecoveryResult?> RefusalAsync(
        NpgsqlConnection source, DatabaseRecord database, AttachDecision decision, AttachFacts facts, CancellationToken cancellationToken)
    {
        switch (decision)
        {
            case AttachDecision.ServerUnfit unfit:
                return new SlotRecoveryResult.Refused(unfit.Problem);
            case AttachDecision.SlotUnusable unusable:
                return new SlotRecoveryResult.Refused(unusable.Problem);
            case AttachDecision.WrongDatabase wrong:
                return new SlotRecoveryResult.Refused(wrong.Problem);
            case AttachDecision.SlotInUse used:
                return new SlotRecoveryResult.InUse(used.Text);
            case AttachDecision.Start when facts.Slot is { } slot && facts.Slot.ConfirmedFlushLsn is { } confirmed:
                // The last confirmation may not have got there: the look must not stop at a change that the log has.
                if (confirmed < facts.Position.EndLsn)
                    await SlotSetup.AdvanceAsync(source, slot.Name, facts.Position.EndLsn, cancellationToken);
                var request = new PreflightRequest
                {
                    Address = database.Address,
                    SlotName = database.SlotName,
                    PublicationName = database.PublicationName,
                    IsAttached = true,
                };
                var age = await PublicationAge.CheckAsync(
                    source, request, slot with { ConfirmedFlushLsn = Lsn.Max(confirmed, facts.Position.EndLsn) }, cancellationToken);
                return age?.Code != SourceProblemCode.PublicationYoungerThanSlot
                    ? new SlotRecoveryResult.NothingToRecover("Its slot has everything that is not in the stream yet.")
                    : null;
            default:
                return null;
        }
    }

    // Whatever cannot be decoded is missing as well.
    private static AttachDecision AsGap(AttachDecision decision, AttachFacts facts) =>
        decision is AttachDecision.PublicationMissing or AttachDecision.Start && !AttachCheck.IsFirst(facts.Position)
            ? new AttachDecision.Gap(facts.Position.EndLsn, null, GapReason.PublicationMissing, decision.Text)
            : decision;

    private async Task<SlotRecoveryResult> BeginAnewAsync(
        NpgsqlConnection source, DatabaseRecord database, SlotLease lease, AttachFacts facts, CancellationToken cancellationToken)
    {
        if (!facts.PublicationExists)
            await MakePublicationAsync(source, database, cancellationToken);
        if (await SlotSetup.DropAsync(source, database.SlotName, cancellationToken) == SlotDrop.InUse)
            return new SlotRecoveryResult.InUse($"Slot \"{database.SlotName}\" is being read by somebody else.");
        var slot = await SlotSetup.CreateAsync(source, database.SlotName, cancellationToken);
        if (slot.Status == SlotCreationStatus.NameTaken)
            return new SlotRecoveryResult.InUse($"Somebody else made slot \"{database.SlotName}\" at the same moment.");
        if (SlotSetup.Refusal(slot.Status) is { } refusal)
            return new SlotRecoveryResult.Refused(refusal);

        var server = await SourceServer.IdentifyAsync(source, cancellationToken);
        var former = facts.Position;
        var position = SlotAttachment.At(
            former with { Last = Position.Start(former.Last.SourceEpoch + 1) }, slot.ConsistentPoint, server);
        var gap = await _gaps.FindOpenAsync(database.Id, cancellationToken);
        var isComparable = IsSameServer(former, server) && gap?.Reason != SlotAttachment.Text(GapReason.ServerWentBack);
        Lsn? end = isComparable && slot.ConsistentPoint >= former.EndLsn ? slot.ConsistentPoint : null;
        await _slots.SaveRecoveryAsync(lease, position, Resolution(database, slot.ConsistentPoint), end, cancellationToken);
        return new SlotRecoveryResult.Recovered(gap?.Id, slot.ConsistentPoint, position.Last.SourceEpoch);
    }

    private async Task MakePublicationAsync(NpgsqlConnection source, DatabaseRecord database, CancellationToken cancellationToken)
    {
        var published = (await _readings.ReadAsync(database.Id, cancellationToken))?.Tables ?? [];
        var present = await TableCatalog.ListWithoutColumnsAsync(source, database.PublicationName, cancellationToken);
        var tables = present.Select(table => table.Name).Where(name => published.Contains(name.ToString())).ToList();
        await PublicationSetup.CreateAsync(source, database.PublicationName, tables, cancellationToken);
    }

    private static bool IsSameServer(SlotPosition former, SourceServerIdentity server) =>
        former.SystemIdentifier == server.SystemIdentifier && former.Timeline == server.Timeline;

    private static string Resolution(DatabaseRecord database, Lsn from) =>
        $"Slot \"{database.SlotName}\" was made anew and the stream goes on at {from}. Rows that were changed in the gap are not in the"
        + " stream until their tables are backfilled.";
}
