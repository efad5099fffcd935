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
        // A name that is taken: somebody made it since we looked. It is there, which is what was wanted, and it is theirs to drop.
        if (SlotSetup.Refusal(slot.Status) is { } refusal)
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
}
