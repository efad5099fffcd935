using Orleans.Runtime.Services;

namespace Sequin.Grains.Replication;

internal interface IReplicationServiceClient
{
    /// <summary>The service of the silo whose turn it is to own a database.</summary>
    IReplicationService ServiceFor(GrainId database);
}

internal sealed class ReplicationServiceClient(IServiceProvider services)
    : GrainServiceClient<IReplicationService>(services), IReplicationServiceClient
{
    public IReplicationService ServiceFor(GrainId database) => GetGrainService(database);
}
