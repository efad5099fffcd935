using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Tests.Log.Slots;

public sealed class SlotStoreTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dead_owners_slot_is_taken_at_once_and_the_owner_is_fenced_off()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync();
        var slots = new SlotStore(log.DataSource);
        var old = await log.AcquireAsync(database.Id, "silo-1");

        Assert.Null(await slots.TryAcquireAsync(database.Id, "silo-2", LogSamples.LeaseDuration, _ => false, Cancellation));
        Assert.NotNull(await slots.TryAcquireAsync(database.Id, "silo-2", LogSamples.LeaseDuration, owner => owner == "silo-1", Cancellation));

        await Assert.ThrowsAsync<SlotLeaseLostException>(() => slots.SaveAttachAsync(old, LogSamples.PositionAt(1), Cancellation));
    }

    [Fact]
    public async Task A_free_slot_is_taken_by_one_of_many()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync();
        var slots = new SlotStore(log.DataSource);

        var leases = await Task.WhenAll(Enumerable.Range(0, 10).Select(
            n => slots.TryAcquireAsync(database.Id, $"silo-{n}", LogSamples.LeaseDuration, _ => false, Cancellation)));

        Assert.Equal(1, Assert.Single(leases, lease => lease is not null)!.Epoch);
    }

    [Fact]
    public async Task The_same_owner_takes_its_slot_again_with_a_new_epoch_and_the_old_lease_is_void()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync();
        var slots = new SlotStore(log.DataSource);
        var former = await log.AcquireAsync(database.Id);

        var present = await log.AcquireAsync(database.Id);

        Assert.Equal(former.Epoch + 1, present.Epoch);
        await slots.SaveAttachAsync(present, LogSamples.PositionAt(1), Cancellation);
        await Assert.ThrowsAsync<SlotLeaseLostException>(() => slots.SaveAttachAsync(former, LogSamples.PositionAt(1), Cancellation));
    }

    [Fact]
    public async Task An_expired_lease_holds_until_another_owner_takes_it()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync();
        var slots = new SlotStore(log.DataSource);
        var expired = await slots.TryAcquireAsync(database.Id, "silo-1", TimeSpan.Zero, _ => false, Cancellation);
        await slots.SaveAttachAsync(expired!, LogSamples.PositionAt(5), Cancellation);

        var taken = await slots.TryAcquireAsync(database.Id, "silo-2", LogSamples.LeaseDuration, _ => false, Cancellation);

        Assert.Equal(expired!.Epoch + 1, taken!.Epoch);
        await Assert.ThrowsAsync<SlotLeaseLostException>(() => slots.SaveAttachAsync(expired, LogSamples.PositionAt(6), Cancellation));
        Assert.Null(await slots.TryAcquireAsync(database.Id, "silo-1", LogSamples.LeaseDuration, _ => false, Cancellation));
    }

    [Fact]
    public async Task A_released_slot_is_free_and_a_late_release_of_another_owner_changes_nothing()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync();
        var slots = new SlotStore(log.DataSource);
        var first = await log.AcquireAsync(database.Id, "silo-1");

        await slots.ReleaseAsync(first, Cancellation);
        var second = await log.AcquireAsync(database.Id, "silo-2");
        await slots.ReleaseAsync(first, Cancellation);

        await slots.SaveAttachAsync(second, LogSamples.PositionAt(1), Cancellation);
    }

    [Fact]
    public async Task A_position_begins_empty_and_is_saved_at_attach()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync();
        var slots = new SlotStore(log.DataSource);
        var lease = await log.AcquireAsync(database.Id);
        Assert.Equal(new SlotPosition(Position.Start(1), Lsn.Zero, null, null), await slots.ReadPositionAsync(database.Id, Cancellation));

        var last = new Position(2, new Lsn(0xFFFF_FFFF_0000_0001), 7);
        var attached = new SlotPosition(last, new Lsn(0xFFFF_FFFF_0000_0008), "7300000000000000001", 3);
        await slots.SaveAttachAsync(lease, attached, Cancellation);
        Assert.Equal(attached, await slots.ReadPositionAsync(database.Id, Cancellation));
    }

    [Fact]
    public async Task A_state_keeps_its_since_until_the_state_itself_changes()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync();
        var slots = new SlotStore(log.DataSource);
        await slots.SetStateAsync(database.Id, DatabaseState.WalLevelWrong, "wal_level is replica", Cancellation);
        var first = await slots.ReadStateAsync(database.Id, Cancellation);

        await slots.SetStateAsync(database.Id, DatabaseState.WalLevelWrong, "wal_level is minimal", Cancellation);
        var second = await slots.ReadStateAsync(database.Id, Cancellation);
        await slots.SetStateAsync(database.Id, DatabaseState.CatchingUp, null, Cancellation);
        var third = await slots.ReadStateAsync(database.Id, Cancellation);

        Assert.Equal(first! with { Detail = "wal_level is minimal" }, second);
        Assert.Equal((DatabaseState.CatchingUp, null), (third!.State, third.Detail));
        Assert.True(third.Since > first.Since);
        Assert.Equal("catching_up", await log.ScalarAsync<string>("SELECT state FROM sequin.slots"));
    }

    [Fact]
    public async Task Every_state_can_be_written_and_read()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync();
        var slots = new SlotStore(log.DataSource);

        foreach (var state in Enum.GetValues<DatabaseState>())
        {
            await slots.SetStateAsync(database.Id, state, null, Cancellation);
            Assert.Equal(state, (await slots.ReadStateAsync(database.Id, Cancellation))!.State);
        }
    }

    [Fact]
    public async Task A_database_that_is_not_in_the_catalog_has_no_slot()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var slots = new SlotStore(log.DataSource);
        var unknown = DatabaseId.New();

        Assert.Null(await slots.TryAcquireAsync(unknown, "silo-1", LogSamples.LeaseDuration, _ => false, Cancellation));
        Assert.Null(await slots.ReadStateAsync(unknown, Cancellation));
        await Assert.ThrowsAsync<SlotLeaseLostException>(() => slots.ReadPositionAsync(unknown, Cancellation));
    }
}
