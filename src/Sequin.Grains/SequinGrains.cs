using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Hosting;
using Sequin.Grains.Backfills;
using Sequin.Grains.Consumers;
using Sequin.Grains.Replication;
using Sequin.Grains.Retention;
using Sequin.Grains.Streams;
using Sequin.Grains.Webhooks;
using Sequin.Postgres.Backfills;
using Sequin.Postgres.Log.Retention;
using Sequin.Postgres.Log.Segments;
using Sequin.Postgres.Replication;

namespace Sequin.Grains;

/// <summary>Makes a silo one of ours.</summary>
public static class SequinGrains
{
    /// <summary>Registers grains, storage and grain services. Needs the log's data source, catalogs and secrets, and webhooks.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="orleansConnectionString">Of the log database, with the search path of Orleans' tables.</param>
    public static ISiloBuilder AddSequinGrains(this ISiloBuilder silo, string orleansConnectionString)
    {
        silo.AddAdoNetGrainStorage(ConsumerGrain.StorageName, options =>
        {
            options.Invariant = "Npgsql";
            options.ConnectionString = orleansConnectionString;
            options.GrainStorageSerializer = new ConsumerSnapshotSerializer();
        });
        silo.AddGrainService<ReplicationService>();
        silo.AddGrainService<PushService>();
        silo.Services.AddSingleton<IReplicationServiceClient, ReplicationServiceClient>();
        silo.Services.AddSingleton<WebhookDestinations>();
        silo.Services.AddSingleton<ConsumerLoader>();
        silo.Services.AddSingleton<ConsumerDeadLetters>();
        silo.Services.AddSingleton<ConsumerInstruments>();
        silo.Services.AddSingleton<IBackfillHost, BackfillHost>();
        silo.Services.AddSingleton<SlotReplication>();
        silo.Services.AddSingleton<SourceInstruments>();
        silo.Services.TryAddSingleton<RetentionStore>();
        silo.Services.AddSingleton<SegmentMerger>();
        silo.Services.AddSingleton<RetentionInstruments>();
        silo.Services.AddSingleton<RetentionPass>();
        silo.Services.AddSingleton<RetentionService>();
        silo.Services.AddHostedService(services => services.GetRequiredService<RetentionService>());
        silo.Services.TryAddSingleton<SlotWatch>();
        silo.Services.TryAddSingleton<SegmentReader>();
        silo.Services.TryAddSingleton(new SlotPumpOptions());
        silo.Services.TryAddSingleton(new BackfillLimits());
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.AddSingleton(new SegmentCache(SegmentCache.BudgetBytesDefault));
        return silo;
    }
}
