using System.Text.Json;
using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Postgres.Tests.Log.Catalog;

public sealed class ConsumerCatalogTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static ConsumerRecord Consumer(string name, StreamKey stream) => new()
    {
        Id = ConsumerId.New(),
        Name = name,
        StreamId = stream,
        StartAfter = 42,
        Config = new ConsumerConfig
        {
            Tables = ["public.orders", "Odd \"Schema\".Ü \\ 1"],
            Actions = [ChangeAction.Insert, ChangeAction.Truncate],
            DestinationType = "sequin_stream",
            MessageGrouping = false,
            VisibilityTimeoutMs = 1234,
            MaxAckPending = 7,
            Annotations = """{ "z": 1, "a": "\u0000" }""",
        },
    };

    [Fact]
    public async Task A_consumer_comes_back_as_it_was_inserted()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var stream = await StreamAsync(log);
        var catalog = new ConsumerCatalog(log.DataSource);

        var inserted = await catalog.InsertAsync(Consumer("reader", stream), Cancellation);

        AssertSame(inserted, await catalog.FindAsync(inserted.Id, Cancellation));
        AssertSame(inserted, await catalog.FindAsync("reader", Cancellation));
        AssertSame(inserted, await catalog.FindAsync(inserted.Id.ToString(), Cancellation));
        Assert.Null(await catalog.FindAsync("nobody", Cancellation));
        Assert.Equal("truncate", await log.ScalarAsync<string>("SELECT config -> 'actions' ->> 1 FROM sequin.consumers"));
        Assert.Equal("1234", await log.ScalarAsync<string>("SELECT config ->> 'visibility_timeout_ms' FROM sequin.consumers"));
    }

    [Fact]
    public async Task A_setting_that_is_not_stored_has_its_default_and_one_that_is_unknown_is_passed_over()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var catalog = new ConsumerCatalog(log.DataSource);
        var inserted = await catalog.InsertAsync(Consumer("reader", await StreamAsync(log)), Cancellation);
        await log.ExecuteAsync("""UPDATE sequin.consumers SET config = '{"max_ack_pending": 7, "from_the_future": []}'""");

        var read = await catalog.FindAsync(inserted.Id, Cancellation);

        AssertSame(new ConsumerConfig { MaxAckPending = 7 }, read!.Config);
    }

    [Fact]
    public async Task Of_ten_who_want_a_name_at_once_one_gets_it()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var stream = await StreamAsync(log);
        var catalog = new ConsumerCatalog(log.DataSource);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 10).Select(
            _ => Record.ExceptionAsync(() => catalog.InsertAsync(Consumer("reader", stream), Cancellation)).AsTask()));

        Assert.Single(outcomes, outcome => outcome is null);
        Assert.Equal(9, outcomes.OfType<NameTakenException>().Count());
    }

    [Fact]
    public async Task A_consumer_of_a_stream_that_is_not_there_is_refused()
    {
        await using var log = await LogTestDatabase.CreateAsync();

        await Assert.ThrowsAsync<ArgumentException>(
            () => new ConsumerCatalog(log.DataSource).InsertAsync(Consumer("reader", StreamKey.New()), Cancellation));
    }

    [Fact]
    public async Task Consumers_are_listed_in_pages_and_deleted_once()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var stream = await StreamAsync(log);
        var catalog = new ConsumerCatalog(log.DataSource);
        var ids = Enumerable.Range(0, 5).Select(_ => ConsumerId.New()).OrderBy(id => id.ToString(), StringComparer.Ordinal).ToArray();
        for (var i = 0; i < ids.Length; i++)
            await catalog.InsertAsync(Consumer($"consumer-{9 - i}", stream) with { Id = ids[i] }, Cancellation);

        async Task<ConsumerId[]> PageAsync(int limit, string? after) =>
            [.. (await catalog.ListAsync(limit, after, Cancellation)).Select(consumer => consumer.Id)];

        Assert.Equal(ids[..3], await PageAsync(3, null));
        Assert.Equal(ids[3..], await PageAsync(3, "consumer-7"));
        Assert.True(await catalog.DeleteAsync(ids[2], Cancellation));
        Assert.False(await catalog.DeleteAsync(ids[2], Cancellation));
        // The page goes on behind an id that is gone meanwhile.
        Assert.Equal(ids[3..], await PageAsync(3, ids[2].ToString()));
    }

    [Fact]
    public async Task A_change_raises_the_revision_and_keeps_what_it_is_not_about()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var catalog = new ConsumerCatalog(log.DataSource);
        var before = await catalog.InsertAsync(Consumer("reader", await StreamAsync(log)), Cancellation);
        var config = new ConsumerConfig
        {
            Status = ConsumerActivity.Paused,
            GroupColumns = new Dictionary<string, IReadOnlyList<string>> { ["public.orders"] = ["customer", "Ü \"x\""] },
            MaxRetryCount = 3,
            OnDead = OnDead.HaltGroup,
        };

        var updated = Assert.IsType<ConsumerUpdate.Updated>(await catalog.UpdateAsync(before.Id, 1, "writer", config, Cancellation));

        var after = await catalog.FindAsync(before.Id, Cancellation);
        AssertSame(updated.Consumer, after);
        AssertSame(before with { Name = "writer", Config = config, Revision = 2, UpdatedAt = after!.UpdatedAt }, after);
        Assert.True(after.UpdatedAt > before.UpdatedAt);
        Assert.Null(await catalog.FindAsync("reader", Cancellation));
        Assert.Equal("halt_group", await log.ScalarAsync<string>("SELECT config ->> 'on_dead' FROM sequin.consumers"));
    }

    [Fact]
    public async Task Of_ten_changes_made_from_one_revision_one_is_taken()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var catalog = new ConsumerCatalog(log.DataSource);
        var consumer = await catalog.InsertAsync(Consumer("reader", await StreamAsync(log)), Cancellation);

        var outcomes = await Task.WhenAll(Enumerable.Range(1, 10).Select(n => catalog.UpdateAsync(
            consumer.Id, 1, "reader", new ConsumerConfig { MaxAckPending = n }, Cancellation)));

        var taken = Assert.Single(outcomes.OfType<ConsumerUpdate.Updated>());
        Assert.All(outcomes.OfType<ConsumerUpdate.Stale>(), stale => Assert.Equal(2, stale.Revision));
        Assert.Equal(9, outcomes.OfType<ConsumerUpdate.Stale>().Count());
        AssertSame(taken.Consumer, await catalog.FindAsync(consumer.Id, Cancellation));
    }

    [Fact]
    public async Task A_change_that_cannot_be_made_says_why_and_changes_nothing()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var stream = await StreamAsync(log);
        var catalog = new ConsumerCatalog(log.DataSource);
        var consumer = await catalog.InsertAsync(Consumer("reader", stream), Cancellation);
        await catalog.InsertAsync(Consumer("other", stream), Cancellation);

        Assert.IsType<ConsumerUpdate.NameTaken>(await catalog.UpdateAsync(consumer.Id, null, "other", new(), Cancellation));
        Assert.Equal(new ConsumerUpdate.Stale(1), await catalog.UpdateAsync(consumer.Id, 7, "reader", new(), Cancellation));
        Assert.IsType<ConsumerUpdate.Gone>(await catalog.UpdateAsync(ConsumerId.New(), null, "reader", new(), Cancellation));
        AssertSame(consumer, await catalog.FindAsync(consumer.Id, Cancellation));

        Assert.IsType<ConsumerUpdate.Updated>(await catalog.UpdateAsync(consumer.Id, null, "reader", new(), Cancellation));
    }

    private static async Task<StreamKey> StreamAsync(LogTestDatabase log)
    {
        await log.InsertDatabaseAsync("shop");
        return (await new StreamCatalog(log.DataSource).FindAsync("shop", Cancellation))!.Id;
    }

    private static void AssertSame(ConsumerRecord expected, ConsumerRecord? actual)
    {
        AssertSame(expected.Config, actual!.Config);
        Assert.Equal(expected, actual with { Config = expected.Config });
    }

    private static void AssertSame(ConsumerConfig expected, ConsumerConfig actual) =>
        Assert.Equal(JsonSerializer.Serialize(expected), JsonSerializer.Serialize(actual));
}
