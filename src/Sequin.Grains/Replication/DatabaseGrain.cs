namespace Sequin.Grains.Replication;

/// <inheritdoc cref="IDatabaseGrain"/>
internal sealed class DatabaseGrain(IReplicationServiceClient replication) : Grain, IDatabaseGrain
{
    public Task StartAsync() => replication.ServiceFor(this.GetGrainId()).RefreshAsync();

    public Task StopAsync() => replication.ServiceFor(this.GetGrainId()).StopAsync(this.GetPrimaryKey());
}
