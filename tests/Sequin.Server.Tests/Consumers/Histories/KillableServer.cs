using Sequin.Testing;
using Sequin.Torture.Consumers;

namespace Sequin.Server.Tests.Consumers.Histories;

/// <summary>A server process that its tests may kill, one after the other.</summary>
public sealed class KillableServer : IAsyncLifetime
{
    public ConsumerRig Rig { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Rig = await ConsumerRig.StartAsync(await PostgresServer.SharedAsync(), TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => Rig.DisposeAsync();
}
