using Sequin.Postgres.Replication;
using Sequin.Postgres.Source.Safety;

namespace Sequin.Postgres.Tests.Replication.Failures;

/// <summary>Looks at a source as a silo does every few seconds, now.</summary>
internal sealed class SlotWatchOf(ReplicatedSource source)
{
    public async Task<SlotReading> LookAsync() =>
        (await new SlotWatch(source.Log.DataSource, TimeProvider.System)
            .LookNowAsync(source.Database, TestContext.Current.CancellationToken))!;
}
