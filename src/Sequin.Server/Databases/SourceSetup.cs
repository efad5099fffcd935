using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Setup;

namespace Sequin.Server.Databases;

/// <summary>What a creation made in the source, so that a failed one can take it away again.</summary>
internal sealed class SourceSetup(NewDatabase database)
{
    private bool _madePublication;
    private bool _madeSlot;

    /// <summary>Makes what is missing: the publication first, because a slot that is older than it cannot be read.</summary>
    /// <exception cref="SourceProblemException">The source refused.</exception>
    public async Task MakeMissingAsync(bool slotExists, CancellationToken cancellationToken)
    {
        await using var source = await SourceConnector.OpenAsync(database.Address, cancellationToken);
        if (!await PublicationSetup.ExistsAsync(source, database.PublicationName, cancellationToken))
            _madePublication = (await PublicationSetup.CreateAsync(
                source, database.PublicationName, database.Tables, cancellationToken)).Created;
        if (slotExists)
            return;

        var slot = await SlotSetup.CreateAsync(source, database.SlotName, cancellationToken);
        _madeSlot = slot.Status == SlotCreationStatus.Created;
        if (Refusal(slot.Status) is { } refusal)
            throw new SourceProblemException(refusal);
    }

    /// <summary>Takes away what <see cref="MakeMissingAsync"/> made. Nothing that was there before is touched.</summary>
    public async Task UndoAsync(CancellationToken cancellationToken)
    {
        if (!_madePublication && !_madeSlot)
            return;

        await using var source = await SourceConnector.OpenAsync(database.Address, cancellationToken);
        if (_madeSlot)
            await SlotSetup.DropAsync(source, database.SlotName, cancellationToken);
        if (_madePublication)
            await PublicationSetup.DropAsync(source, database.PublicationName, cancellationToken);
    }

    private static SourceProblem? Refusal(SlotCreationStatus status) => status switch
    {
        SlotCreationStatus.NoFreeSlot => SourceProblem.Error(SourceProblemCode.NoFreeSlot, "replication_slots",
            "All replication slots of the server are taken. Drop one that nobody reads, or raise max_replication_slots.",
            "SELECT slot_name, active FROM pg_replication_slots;"),
        SlotCreationStatus.WaitedTooLong => SourceProblem.Error(SourceProblemCode.SlotCreationMustWait, "replication_slots",
            "A transaction was open all the time, and PostgreSQL makes a slot only when those that were there before it have ended. "
                + "End it, or try again later.",
            "SELECT pid, xact_start, state, query FROM pg_stat_activity WHERE xact_start IS NOT NULL ORDER BY xact_start;"),
        // Somebody made it since we looked: it is there, which is what was wanted, and it is theirs to drop.
        _ => null,
    };
}
