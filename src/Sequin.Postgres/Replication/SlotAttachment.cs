using System.Text.Json;
using Npgsql;
using Sequin.Core.Changes;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Checks;
using Sequin.Postgres.Source.Setup;

namespace Sequin.Postgres.Replication;

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

        var position = await slots.ReadPositionAsync(database.Id, cancellationToken);
        var facts = await ReadFactsAsync(source, database, position, cancellationToken);
        var decision = AttachCheck.Decide(facts);
        switch (decision)
        {
            case AttachDecision.Start { IsFirst: true } start:
                position = First(position, start.From, facts.Server);
                await slots.SaveAttachAsync(lease, position, cancellationToken);
                break;
            case AttachDecision.Gap gap:
                await gaps.RecordAsync(database.Id, Text(gap.Reason), gap.From, gap.To, cancellationToken);
                break;
        }

        return (decision, position);
    }

    private static async Task<AttachFacts> ReadFactsAsync(
        NpgsqlConnection source, DatabaseRecord database, SlotPosition position, CancellationToken cancellationToken) => new(
        database.SlotName,
        database.PublicationName,
        await SlotSetup.ReadAsync(source, database.SlotName, cancellationToken),
        position,
        await SourceServer.IdentifyAsync(source, cancellationToken),
        await PublicationFacts.ReadAsync(source, database.PublicationName, cancellationToken) is not null);

    private static SlotPosition First(SlotPosition position, Lsn from, SourceServerIdentity server) => position with
    {
        EndLsn = from,
        SystemIdentifier = server.SystemIdentifier,
        Timeline = server.Timeline,
    };

    private static string Text(GapReason reason) => JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString());
}
