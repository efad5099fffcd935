using System.Text.Json;
using Npgsql;
using Sequin.Core.Changes;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Checks;
using Sequin.Postgres.Source.Setup;

namespace Sequin.Postgres.Replication.Attach;

/// <summary>
/// Takes a slot into use: compares what the source says with what is durable here (<see cref="AttachCheck"/>) and notes the
/// outcome. Only the owner of the lease may call it, because it reads the durable position.
/// </summary>
internal sealed class SlotAttachment(SlotStore slots, GapStore gaps)
{
    /// <returns>Where to start, or what stands in the way; the position is the durable one.</returns>
    public async Task<(AttachDecision Decision, SlotPosition Position)> AttachAsync(
        DatabaseRecord database, SlotLease lease, CancellationToken cancellationToken)
    {
        await using var source = await SourceConnector.OpenAsync(database.Address, cancellationToken);
        // A former owner that hangs, or a connection the server has not missed yet. The lease is ours, so the slot is too.
        await SlotSetup.EndOurReaderAsync(source, database.SlotName, cancellationToken);

        var (decision, facts) = await LookAsync(source, database, cancellationToken);
        if (decision is AttachDecision.Start { IsFirst: true } start)
        {
            var first = At(facts.Position, start.From, facts.Server);
            await slots.SaveAttachAsync(lease, first, cancellationToken);
            return (decision, first);
        }

        if (decision is AttachDecision.Start)
            await gaps.WithdrawAsync(
                database.Id,
                $"Nothing was lost: slot \"{database.SlotName}\" was found again with everything after {facts.Position.EndLsn}.",
                cancellationToken);
        else
            await RecordAsync(database, decision, facts.Position, cancellationToken);
        return (decision, facts.Position);
    }

    /// <summary>The same look without taking the slot into use.</summary>
    public async Task<(AttachDecision Decision, AttachFacts Facts)> LookAsync(
        NpgsqlConnection source, DatabaseRecord database, CancellationToken cancellationToken)
    {
        var position = await slots.ReadPositionAsync(database.Id, cancellationToken);
        var gap = await gaps.FindOpenAsync(database.Id, cancellationToken);
        var facts = new AttachFacts(
            database.SlotName,
            database.PublicationName,
            await SlotSetup.ReadAsync(source, database.SlotName, cancellationToken),
            position,
            await SourceServer.IdentifyAsync(source, cancellationToken),
            await PublicationFacts.ReadAsync(source, database.PublicationName, cancellationToken) is not null,
            ServerChecks.Unfit(await ServerFacts.ReadAsync(source, cancellationToken)),
            gap?.Reason == Text(GapReason.ServerWentBack) ? gap.From : null);
        return (AttachCheck.Decide(facts), facts);
    }

    /// <summary>Opens the gap that a decision means, if it means one.</summary>
    public async Task RecordAsync(
        DatabaseRecord database, AttachDecision decision, SlotPosition position, CancellationToken cancellationToken)
    {
        if (decision is AttachDecision.Gap gap)
            await gaps.RecordAsync(database.Id, Text(gap.Reason), gap.From, gap.To, cancellationToken);
        else if (ReasonOf(decision) is { } reason && !AttachCheck.IsFirst(position))
            await gaps.RecordAsync(database.Id, Text(reason), position.EndLsn, null, cancellationToken);
    }

    public static SlotPosition At(SlotPosition position, Lsn from, SourceServerIdentity server) => position with
    {
        EndLsn = from,
        SystemIdentifier = server.SystemIdentifier,
        Timeline = server.Timeline,
    };

    public static string Text(GapReason reason) => JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString());

    // A missing publication is none yet: made again before the next change, it has missed nothing.
    private static GapReason? ReasonOf(AttachDecision decision) => decision switch
    {
        AttachDecision.SlotMissing missing => missing.Reason,
        AttachDecision.SlotLost => GapReason.SlotLost,
        _ => null,
    };
}
