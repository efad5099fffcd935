using Orleans.Services;

namespace Sequin.Grains.Replication;

/// <summary>The part of every silo that replicates source databases.</summary>
[Alias("sequin.replication")]
internal interface IReplicationService : IGrainService
{
    /// <summary>Looks into the catalog now.</summary>
    [Alias("refresh")]
    Task RefreshAsync();

    /// <summary>Ends the replication of a database here, if it runs here, and returns when its connections are closed.</summary>
    [Alias("stop")]
    Task StopAsync(Guid databaseId);
}
