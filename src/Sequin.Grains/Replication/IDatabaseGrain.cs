namespace Sequin.Grains.Replication;

/// <summary>Reaches the silo that replicates a database. The key is the database's id.</summary>
[Alias("sequin.database")]
public interface IDatabaseGrain : IGrainWithGuidKey
{
    /// <summary>Has the replication started now instead of at the next look into the catalog. Returns before it streams.</summary>
    [Alias("start")]
    Task StartAsync();

    /// <summary>Ends the replication and returns when its walsender is gone, so that the slot can be dropped.</summary>
    [Alias("stop")]
    Task StopAsync();
}
