using Dapper;
using Sequin.Core.Changes;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Setup;

namespace Sequin.Postgres.Tests.Source;

public sealed class SlotSetupTests(SourceTestServer.PerRun run) : IClassFixture<SourceTestServer.PerRun>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_slot_begins_at_its_consistent_point()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await using var connection = await database.OpenAsync();

        var creation = await SlotSetup.CreateAsync(connection, database.SlotName, Token);
        var slot = await SlotSetup.ReadAsync(connection, database.SlotName, Token);

        Assert.Equal(SlotCreationStatus.Created, creation.Status);
        Assert.True(creation.ConsistentPoint > Lsn.Zero);
        Assert.Equal(creation.ConsistentPoint, slot!.ConfirmedFlushLsn);
        Assert.True(slot.RestartLsn <= slot.ConfirmedFlushLsn);
        Assert.Equal(
            (database.SlotName, true, "pgoutput", database.Address.Database, false, false, false, "reserved"),
            (slot.Name, slot.IsLogical, slot.Plugin, slot.Database, slot.IsTemporary, slot.IsTwoPhase, slot.IsActive, slot.WalStatus));
        Assert.False(slot.IsLost);
        Assert.Null(slot.ActivePid);
        Assert.Null(slot.SafeWalSize);
    }

    [Fact]
    public async Task A_slot_tells_how_much_wal_it_holds_back()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await using var connection = await database.OpenAsync();
        await SlotSetup.CreateAsync(connection, database.SlotName, Token);
        var before = (await SlotSetup.ReadAsync(connection, database.SlotName, Token))!.RetainedBytes;

        await connection.ExecuteAsync("CREATE TABLE t AS SELECT generate_series(1, 10000) AS id");

        Assert.True((await SlotSetup.ReadAsync(connection, database.SlotName, Token))!.RetainedBytes > before + 100_000);
    }

    [Fact]
    public async Task A_slot_that_is_not_there_reads_as_null_and_drops_as_missing()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await using var connection = await database.OpenAsync();

        Assert.Null(await SlotSetup.ReadAsync(connection, database.SlotName, Token));
        Assert.Equal(SlotDrop.Missing, await SlotSetup.DropAsync(connection, database.SlotName, Token));
    }

    [Fact]
    public async Task Of_two_creations_at_once_one_makes_the_slot()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await using var first = await database.OpenAsync();
        await using var second = await database.OpenAsync();

        var creations = await Task.WhenAll(
            SlotSetup.CreateAsync(first, database.SlotName, Token), SlotSetup.CreateAsync(second, database.SlotName, Token));

        Assert.Equal([SlotCreationStatus.Created, SlotCreationStatus.NameTaken], creations.Select(creation => creation.Status).Order());
    }

    [Fact]
    public async Task An_open_writing_transaction_holds_the_creation_up_and_no_slot_is_left_behind()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await using var writer = await database.OpenAsync();
        await using var transaction = await writer.BeginTransactionAsync(Token);
        await writer.ExecuteAsync("CREATE TABLE t (id int)");
        await using var connection = await database.OpenAsync();

        var creation = await SlotSetup.CreateAsync(connection, database.SlotName, Token, TimeSpan.FromSeconds(1));

        Assert.Equal(SlotCreationStatus.WaitedTooLong, creation.Status);
        await using var another = await database.OpenAsync();
        Assert.Null(await SlotSetup.ReadAsync(another, database.SlotName, Token));
    }

    [Fact]
    public async Task A_used_up_server_makes_no_slot()
    {
        await using var server = await SourceTestServer.StartAsync(["max_replication_slots=1"]);
        await using var database = await server.CreateDatabaseAsync();
        await using var connection = await database.OpenAsync();

        Assert.Equal(SlotCreationStatus.Created, (await SlotSetup.CreateAsync(connection, "one", Token)).Status);
        Assert.Equal(SlotCreationStatus.NoFreeSlot, (await SlotSetup.CreateAsync(connection, "two", Token)).Status);
    }

    [Fact]
    public async Task Dropping_ends_a_reader_of_ours_first()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await using var connection = await database.OpenAsync();
        await SlotSetup.CreateAsync(connection, database.SlotName, Token);
        await using var reader = await SlotReader.StartAsync(
            database.Address, database.SlotName, database.PublicationName, SessionSettings.ApplicationName);
        Assert.True((await SlotSetup.ReadAsync(connection, database.SlotName, Token))!.IsActiveByOurs);

        Assert.Equal(SlotDrop.Dropped, await SlotSetup.DropAsync(connection, database.SlotName, Token));

        await reader.UntilEndedAsync();
        Assert.Null(await SlotSetup.ReadAsync(connection, database.SlotName, Token));
    }

    [Fact]
    public async Task A_strangers_reader_is_left_alone()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await using var connection = await database.OpenAsync();
        await SlotSetup.CreateAsync(connection, database.SlotName, Token);
        await using var reader = await SlotReader.StartAsync(
            database.Address, database.SlotName, database.PublicationName, "stranger");

        Assert.False(await SlotSetup.EndOurReaderAsync(connection, database.SlotName, Token));
        Assert.Equal(SlotDrop.InUse, await SlotSetup.DropAsync(connection, database.SlotName, Token));

        var slot = await SlotSetup.ReadAsync(connection, database.SlotName, Token);
        Assert.Equal((true, "stranger", false), (slot!.IsActive, slot.ActiveApplication, slot.IsActiveByOurs));
        Assert.NotNull(slot.ActivePid);
    }

    [Fact]
    public async Task A_former_owners_reader_can_be_ended_and_the_slot_is_free_at_once()
    {
        await using var database = await run.Server.CreateDatabaseAsync();
        await using var connection = await database.OpenAsync();
        await SlotSetup.CreateAsync(connection, database.SlotName, Token);
        Assert.False(await SlotSetup.EndOurReaderAsync(connection, database.SlotName, Token));
        await using var reader = await SlotReader.StartAsync(
            database.Address, database.SlotName, database.PublicationName, SessionSettings.ApplicationName);

        Assert.True(await SlotSetup.EndOurReaderAsync(connection, database.SlotName, Token));

        Assert.False((await SlotSetup.ReadAsync(connection, database.SlotName, Token))!.IsActive);
    }
}
