using Sequin.Grains.Replication;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Replication.Attach;
using Sequin.Postgres.Source;

namespace Sequin.Server.Databases;

/// <summary>Recovers a database, to the end even when the caller hangs up, and has it streamed again.</summary>
internal sealed class DatabaseRecovery(SlotRecovery recovery, SlotStore slots, IGrainFactory grains, TimeProvider time)
{
    public async Task<SlotRecoveryResult> RunAsync(DatabaseRecord database)
    {
        using var limit = new CancellationTokenSource(DatabaseLimits.CreationLockMax + DatabaseLimits.CreationMax, time);
        var result = await RecoverAsync(database, limit.Token);
        if (result is not SlotRecoveryResult.Recovered)
            return result;

        // The worker looks again by itself within seconds; begun anew, it does so now.
        var grain = grains.GetGrain<IDatabaseGrain>(database.Id.Value);
        await grain.StopAsync();
        await grain.StartAsync();
        return result;
    }

    private async Task<SlotRecoveryResult> RecoverAsync(DatabaseRecord database, CancellationToken cancellationToken)
    {
        try
        {
            return await SourceGuard.RunAsync(() => recovery.RunAsync(database, cancellationToken), cancellationToken);
        }
        catch (SourceProblemException)
        {
            // Both servers were asked, and either may have failed: if it was the log database, this fails too, and says so.
            await slots.ReadStateAsync(database.Id, CancellationToken.None);
            throw;
        }
    }
}
