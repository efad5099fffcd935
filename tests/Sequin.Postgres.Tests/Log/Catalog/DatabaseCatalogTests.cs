using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Tests.Log.Catalog;

public sealed class DatabaseCatalogTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_database_comes_back_as_it_was_inserted_with_its_slot_and_default_stream()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var catalog = Databases(log);

        var inserted = await catalog.InsertAsync(LogSamples.Database("shop"), Cancellation);

        Assert.NotEqual(default, inserted.CreatedAt);
        Assert.Equal(inserted, await catalog.FindAsync(inserted.Id, Cancellation));
        Assert.Equal(inserted, await catalog.FindAsync("shop", Cancellation));
        Assert.Equal(inserted, await catalog.FindAsync(inserted.Id.ToString(), Cancellation));
        Assert.NotNull(await new SlotStore(log.DataSource).ReadStateAsync(inserted.Id, Cancellation));
        var stream = Assert.Single(await new StreamCatalog(log.DataSource).ListAsync(inserted.Id, Cancellation));
        Assert.Equal(("shop", true, inserted.Id), (stream.Name, stream.IsDefault, stream.DatabaseId));
    }

    [Fact]
    public async Task A_password_is_not_in_the_table_in_clear_and_may_be_missing()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var catalog = Databases(log);

        await catalog.InsertAsync(LogSamples.Database("with", "s3cret-pässword"), Cancellation);
        await catalog.InsertAsync(LogSamples.Database("without", password: null), Cancellation);

        var stored = await log.ScalarAsync<byte[]>("SELECT password_encrypted FROM sequin.databases WHERE name = 'with'");
        Assert.Equal(-1, stored.AsSpan().IndexOf("s3cret"u8));
        var row = await log.ScalarAsync<string>("SELECT string_agg(d::text, '') FROM sequin.databases d");
        Assert.DoesNotContain("s3cret", row);
        Assert.DoesNotContain(Convert.ToHexString(Encoding.UTF8.GetBytes("s3cret")), row, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("s3cret-pässword", (await catalog.FindAsync("with", Cancellation))!.Address.Password);
        Assert.Null((await catalog.FindAsync("without", Cancellation))!.Address.Password);
    }

    [Fact]
    public async Task A_password_of_a_lost_key_ring_is_not_there_and_its_use_says_what_to_do()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        await Databases(log).InsertAsync(LogSamples.Database("shop"), Cancellation);
        var other = new DatabaseCatalog(log.DataSource, new EphemeralDataProtectionProvider());

        var address = (await other.FindAsync("shop", Cancellation))!.Address;
        var error = await Assert.ThrowsAsync<SourceProblemException>(() => SourceConnector.OpenAsync(address, Cancellation));

        Assert.Null(address.Password);

        Assert.Contains("'shop'", error.Message);
        Assert.Contains("SEQUIN_ENCRYPTION_KEY", error.Message);
    }

    [Fact]
    public async Task Of_ten_who_want_a_name_at_once_one_gets_it()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var catalog = Databases(log);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 10).Select(
            _ => Record.ExceptionAsync(() => catalog.InsertAsync(LogSamples.Database("shop"), Cancellation)).AsTask()));

        Assert.Single(outcomes, outcome => outcome is null);
        Assert.Equal(9, outcomes.OfType<NameTakenException>().Count(taken => taken.Name == "shop"));
        Assert.Equal("1 1 1", await log.ScalarAsync<string>("""
            SELECT concat_ws(' ', (SELECT count(*) FROM sequin.databases), (SELECT count(*) FROM sequin.slots),
                (SELECT count(*) FROM sequin.streams))
            """));
    }

    [Fact]
    public async Task A_name_that_a_stream_has_is_taken_too()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync("shop");
        await log.ExecuteAsync($"""
            INSERT INTO sequin.streams (id, name, database_id, is_default) VALUES (gen_random_uuid(), 'orders', '{database.Id}', false)
            """);

        await Assert.ThrowsAsync<NameTakenException>(() => Databases(log).InsertAsync(LogSamples.Database("orders"), Cancellation));
        Assert.Null(await Databases(log).FindAsync("orders", Cancellation));
    }

    [Fact]
    public async Task Databases_are_listed_in_pages_in_the_order_of_their_creation()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var catalog = Databases(log);
        string[] names = ["delta", "alpha", "charlie", "bravo", "echo"];
        var ids = names.Select(_ => DatabaseId.New()).OrderBy(id => id.ToString(), StringComparer.Ordinal).ToArray();
        foreach (var (name, id) in names.Zip(ids))
            await catalog.InsertAsync(LogSamples.Database(name) with { Id = id }, Cancellation);

        async Task<string[]> PageAsync(int limit, string? after) =>
            [.. (await catalog.ListAsync(limit, after, Cancellation)).Select(database => database.Name)];

        Assert.Equal(names, await PageAsync(100, null));
        Assert.Equal(names[..2], await PageAsync(2, null));
        Assert.Equal(names[2..4], await PageAsync(2, "alpha"));
        Assert.Equal(names[4..], await PageAsync(2, ids[3].ToString()));
        Assert.Empty(await PageAsync(2, "echo"));
        Assert.Empty(await PageAsync(2, "unknown"));
        var streams = await new StreamCatalog(log.DataSource).ListAsync(100, null, Cancellation);
        Assert.Equal(names.Order(), streams.Select(stream => stream.Name).Order());
    }

    [Fact]
    public async Task A_database_is_deleted_with_its_messages_and_only_its_own()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var (gone, kept) = (await log.InsertDatabaseAsync("gone"), await log.InsertDatabaseAsync("kept"));
        var streams = new StreamCatalog(log.DataSource);
        var reader = new SegmentReader(log.DataSource);
        await using var writer = await SegmentWriter.OpenAsync(log.DataSource, Cancellation);
        var (goneLease, keptLease) = (await log.AcquireAsync(gone.Id), await log.AcquireAsync(kept.Id));
        var position = LogSamples.PositionAt(1);
        var goneStream = (await streams.FindAsync("gone", Cancellation))!.Id;
        var keptStream = (await streams.FindAsync("kept", Cancellation))!.Id;
        await writer.AppendAsync(goneLease, position, [LogSamples.Segment(goneStream, 1, 5)], [], LogSamples.LeaseDuration, Cancellation);
        await writer.AppendAsync(keptLease, position, [LogSamples.Segment(keptStream, 1, 5)], [], LogSamples.LeaseDuration, Cancellation);

        Assert.Equal(DatabaseDeletion.Deleted, await Databases(log).DeleteAsync(gone.Id, Cancellation));

        Assert.Equal(DatabaseDeletion.NotFound, await Databases(log).DeleteAsync(gone.Id, Cancellation));
        Assert.Null(await streams.FindAsync("gone", Cancellation));
        Assert.Equal((0, 5), (await reader.ReadHeadAsync(goneStream, Cancellation), await reader.ReadHeadAsync(keptStream, Cancellation)));
        await Assert.ThrowsAsync<SlotLeaseLostException>(() => writer.AppendAsync(
            goneLease, position, [LogSamples.Segment(goneStream, 6, 5)], [], LogSamples.LeaseDuration, Cancellation));
    }

    [Fact]
    public async Task A_database_with_consumers_is_not_deleted()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync("shop");
        var stream = await new StreamCatalog(log.DataSource).FindAsync("shop", Cancellation);
        var consumers = new ConsumerCatalog(log.DataSource);
        var consumer = await consumers.InsertAsync(ConsumerCatalogTests.Consumer("reader", stream!.Id), Cancellation);

        Assert.Equal(DatabaseDeletion.HasConsumers, await Databases(log).DeleteAsync(database.Id, Cancellation));
        Assert.NotNull(await new SlotStore(log.DataSource).ReadStateAsync(database.Id, Cancellation));

        await consumers.DeleteAsync(consumer.Id, Cancellation);
        Assert.Equal(DatabaseDeletion.Deleted, await Databases(log).DeleteAsync(database.Id, Cancellation));
    }

    private static readonly IDataProtectionProvider Protection = new EphemeralDataProtectionProvider();

    private static DatabaseCatalog Databases(LogTestDatabase log) => new(log.DataSource, Protection);
}
