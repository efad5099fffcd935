using Sequin.Core.Changes;
using Sequin.Postgres.Log.Slots;

namespace Sequin.Postgres.Tests.Log.Slots;

public sealed class GapStoreTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_gap_is_open_at_a_time_and_keeps_its_beginning()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync();
        var gaps = new GapStore(log.DataSource);

        await Task.WhenAll(Enumerable.Range(0, 5).Select(
            _ => gaps.RecordAsync(database.Id, "slot_missing", new Lsn(10), null, Cancellation)));
        await gaps.RecordAsync(database.Id, "slot_ahead", new Lsn(10), new Lsn(20), Cancellation);
        var open = await gaps.FindOpenAsync(database.Id, Cancellation);
        await gaps.WithdrawAsync(database.Id, "Nothing was lost.", Cancellation);
        await gaps.RecordAsync(database.Id, "slot_lost", new Lsn(30), null, Cancellation);
        var all = await gaps.ListAsync(database.Id, 10, null, Cancellation);

        Assert.Equal(("slot_ahead", new Lsn(10), new Lsn(20)), (open!.Reason, open.From, open.To!.Value));
        Assert.Equal(["slot_lost", "slot_ahead"], all.Select(gap => gap.Reason));
        Assert.Equal(open.Id, Assert.Single(await gaps.ListAsync(database.Id, 10, $"{all[0].Id}", Cancellation)).Id);
        Assert.Empty(await gaps.ListAsync(database.Id, 10, "no-id", Cancellation));
    }

    [Fact]
    public async Task That_a_server_was_set_back_is_not_forgotten()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync();
        var gaps = new GapStore(log.DataSource);

        await gaps.RecordAsync(database.Id, "server_went_back", new Lsn(10), null, Cancellation);
        await gaps.RecordAsync(database.Id, "slot_missing", new Lsn(10), null, Cancellation);

        Assert.Equal("server_went_back", (await gaps.FindOpenAsync(database.Id, Cancellation))!.Reason);
    }
}
