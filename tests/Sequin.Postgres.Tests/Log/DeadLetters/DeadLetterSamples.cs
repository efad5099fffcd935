using System.Text;
using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.DeadLetters;
using Sequin.Postgres.Tests.Log.Catalog;

namespace Sequin.Postgres.Tests.Log.DeadLetters;

/// <summary>Dead letters, and consumers to have them.</summary>
internal static class DeadLetterSamples
{
    public static readonly DateTimeOffset Died = new(2026, 3, 20, 15, 30, 0, TimeSpan.Zero);

    public static DeadLetter Letter(long offset, string key = "1", string note = "") => new()
    {
        Id = Guid.CreateVersion7(Died.AddMilliseconds(offset)),
        Generation = 1,
        Offset = offset,
        Receipt = 4,
        Table = "public.orders",
        Action = ChangeAction.Update,
        Body = Encoding.UTF8.GetBytes($$$"""
            {"record":{"id":1,"note":"{{{note}}}"},"changes":{},"action":"update","metadata":{"commit_idx":0,"record_pks":["{{{key}}}"]}}
            """),
        CommitTime = Died.AddMinutes(-5),
        Reason = DeathReason.Nacked,
        LastError = "no room",
        DeliveryCount = 3,
        FirstDeliveredAt = Died.AddMinutes(-4),
        LastDeliveredAt = Died.AddMinutes(-1),
        DiedAt = Died.AddMilliseconds(offset),
        HaltsGroup = false,
    };

    public static async Task<ConsumerId> InsertConsumerAsync(this LogTestDatabase log, string name = "reader")
    {
        var streams = new StreamCatalog(log.DataSource);
        if (await streams.FindAsync("shop", CancellationToken.None) is null)
            await log.InsertDatabaseAsync("shop");
        var stream = (await streams.FindAsync("shop", CancellationToken.None))!.Id;
        var catalog = new ConsumerCatalog(log.DataSource);
        return (await catalog.InsertAsync(ConsumerCatalogTests.Consumer(name, stream), CancellationToken.None)).Id;
    }
}
