using Sequin.Grains.Replication;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Setup;

namespace Sequin.Server.Databases;

/// <summary>
/// Deletes a database: replication ends, the catalog forgets it with its streams and messages, and the slot in the source is
/// dropped, because a slot that nobody reads fills its server's disk. The publication stays: it costs nothing.
/// </summary>
internal sealed class DatabaseRemoval(DatabaseCatalog databases, IGrainFactory grains, TimeProvider time)
{
    private static readonly TimeSpan SourceMax = TimeSpan.FromSeconds(20);

    /// <returns>What the catalog says, and what became of the slot.</returns>
    public async Task<(DatabaseDeletion Deletion, string Slot)> RunAsync(DatabaseRecord database)
    {
        var grain = grains.GetGrain<IDatabaseGrain>(database.Id.Value);
        await grain.StopAsync();
        var deletion = await databases.DeleteAsync(database.Id, CancellationToken.None);
        if (deletion == DatabaseDeletion.HasConsumers)
            await grain.StartAsync();
        return (deletion, deletion == DatabaseDeletion.Deleted ? await DropSlotAsync(database) : "");
    }

    // The source may be long gone: that is a reason to delete a database, not to keep it.
    private async Task<string> DropSlotAsync(DatabaseRecord database)
    {
        using var limit = new CancellationTokenSource(SourceMax, time);
        var byHand = $"When the source is back, run there: SELECT pg_drop_replication_slot('{database.SlotName}');";
        try
        {
            await using var source = await SourceConnector.OpenAsync(database.Address, limit.Token);
            return await SlotSetup.DropAsync(source, database.SlotName, limit.Token) switch
            {
                SlotDrop.Dropped => "dropped",
                SlotDrop.Missing => "missing",
                _ => $"kept: somebody else reads it. {byHand}",
            };
        }
        catch (SourceProblemException unreachable)
        {
            return $"kept: {unreachable.Problem.Text} {byHand}";
        }
        catch (OperationCanceledException)
        {
            return $"kept: the source did not answer in {SourceMax.TotalSeconds:0} s. {byHand}";
        }
    }
}
