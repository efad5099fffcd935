using System.Text;
using Npgsql;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.DeadLetters;
using static Sequin.Postgres.Tests.Log.DeadLetters.DeadLetterSamples;

namespace Sequin.Postgres.Tests.Log.DeadLetters;

public sealed class DeadLetterStoreTests
{
    private const long AnyBytes = 1_000_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dead_letter_comes_back_as_it_was_inserted_with_the_key_of_its_body()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var consumer = await log.InsertConsumerAsync();
        var store = new DeadLetterStore(log.DataSource);
        var unseen = Letter(8, key: "c") with
        {
            LastError = null,
            FirstDeliveredAt = null,
            LastDeliveredAt = null,
            Reason = DeathReason.Expired,
            HaltsGroup = true,
            Table = "",
        };

        await store.InsertAsync(consumer, [Letter(7, key: "a\\u0041\\\"", note: "\\u0000 \\ud800"), unseen], Cancellation);

        var letters = await store.ListAsync(consumer, DeadLetterFilter.All, after: null, limit: 10, AnyBytes, Cancellation);
        Assert.Equal(["aA\""], letters[0].RecordPks);
        Assert.Equal(["c"], letters[1].RecordPks);
        AssertSame(Letter(7, key: "a\\u0041\\\"", note: "\\u0000 \\ud800") with { Id = letters[0].Id }, letters[0]);
        AssertSame(unseen, letters[1]);
        AssertSame(unseen, await store.FindAsync(consumer, unseen.Id, Cancellation));
        Assert.Equal("update", await log.ScalarAsync<string>("SELECT action FROM sequin.dead_letters LIMIT 1"));
    }

    [Fact]
    public async Task A_letter_that_is_inserted_again_stays_as_it_was()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var consumer = await log.InsertConsumerAsync();
        var store = new DeadLetterStore(log.DataSource);
        var first = Letter(7);
        await store.InsertAsync(consumer, [first], Cancellation);

        await store.InsertAsync(consumer, [Letter(7) with { LastError = "again" }, Letter(8)], Cancellation);
        await store.InsertAsync(consumer, [], Cancellation);

        var letters = await store.ListAsync(consumer, DeadLetterFilter.All, null, 10, AnyBytes, Cancellation);
        Assert.Equal([7, 8], letters.Select(letter => letter.Offset));
        Assert.Equal((first.Id, "no room"), (letters[0].Id, letters[0].LastError));
    }

    [Fact]
    public async Task Letters_are_inserted_all_or_none()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var consumer = await log.InsertConsumerAsync();
        var store = new DeadLetterStore(log.DataSource);
        var twice = Letter(7);

        await Assert.ThrowsAsync<PostgresException>(
            () => store.InsertAsync(consumer, [twice, twice with { Offset = 8 }], Cancellation));

        Assert.Equal(0, await store.CountAsync(consumer, DeadLetterFilter.All, Cancellation));
    }

    [Fact]
    public async Task An_error_text_with_a_nul_is_kept_without_it()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var consumer = await log.InsertConsumerAsync();
        var store = new DeadLetterStore(log.DataSource);

        await store.InsertAsync(consumer, [Letter(7) with { LastError = "a\0b" }], Cancellation);

        var letter = Assert.Single(await store.ListHeadersAsync(consumer, DeadLetterFilter.All, null, 10, Cancellation));
        Assert.Equal("a\uFFFDb", letter.LastError);
    }

    [Fact]
    public async Task Pages_go_on_behind_a_letter_that_is_gone_and_headers_come_without_bodies()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var consumer = await log.InsertConsumerAsync();
        var store = new DeadLetterStore(log.DataSource);
        DeadLetter[] letters = [Letter(1), Letter(2), Letter(3), Letter(4)];
        await store.InsertAsync(consumer, [.. letters.Reverse()], Cancellation);

        var first = await store.ListHeadersAsync(consumer, DeadLetterFilter.All, after: null, limit: 2, Cancellation);
        Assert.Equal(1, await store.DeleteAsync(consumer, [letters[1].Id, Guid.NewGuid()], Cancellation));
        var second = await store.ListAsync(consumer, DeadLetterFilter.All, after: first[^1].Id, limit: 2, AnyBytes, Cancellation);

        Assert.Equal([1, 2], first.Select(letter => letter.Offset));
        Assert.All(first, letter => Assert.True(letter.Body.IsEmpty));
        Assert.Equal([3, 4], second.Select(letter => letter.Offset));
    }

    [Fact]
    public async Task A_page_is_cut_where_its_bodies_become_too_large_but_has_one()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var consumer = await log.InsertConsumerAsync();
        var store = new DeadLetterStore(log.DataSource);
        var large = new string('x', 50_000);
        await store.InsertAsync(consumer, [Letter(1, note: large), Letter(2), Letter(3), Letter(4, note: large)], Cancellation);

        async Task<List<long>> PageAsync(Guid? after, long maxBytes) =>
            [.. (await store.ListAsync(consumer, DeadLetterFilter.All, after, 10, maxBytes, Cancellation)).Select(letter => letter.Offset)];

        Assert.Equal([1], await PageAsync(after: null, maxBytes: 10));
        Assert.Equal([1, 2, 3], await PageAsync(after: null, maxBytes: 60_000));
        Assert.Equal([1, 2, 3, 4], await PageAsync(after: null, maxBytes: 1_000_000));
        Assert.Empty(await PageAsync(after: Guid.AllBitsSet, maxBytes: 10));
    }

    [Theory]
    [InlineData("table", 2)]
    [InlineData("key", 3)]
    [InlineData("text", 4)]
    [InlineData("wildcard", 5)]
    [InlineData("reason", 6)]
    [InlineData("from", 7)]
    [InlineData("to", 1)]
    public async Task Each_filter_finds_its_letter(string filter, long offset)
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var consumer = await log.InsertConsumerAsync();
        var store = new DeadLetterStore(log.DataSource);
        await store.InsertAsync(
            consumer,
            [
                Letter(1) with { DiedAt = Died.AddDays(-1) },
                Letter(2) with { Table = "public.o'rders" },
                Letter(3, key: "x\\\\,'y"),
                Letter(4, note: "Größe \\u0000 €"),
                Letter(5, note: "100%_sure"),
                Letter(6) with { Reason = DeathReason.Expired },
                Letter(7) with { DiedAt = Died.AddDays(1) },
            ], Cancellation);
        var wanted = filter switch
        {
            "table" => new DeadLetterFilter { Table = "public.o'rders" },
            "key" => new DeadLetterFilter { Key = ["x\\,'y"] },
            "text" => new DeadLetterFilter { Text = "öße \\u0000 €" },
            "wildcard" => new DeadLetterFilter { Text = "%_s" },
            "reason" => new DeadLetterFilter { Reason = DeathReason.Expired },
            "from" => new DeadLetterFilter { From = Died.AddHours(1) },
            _ => new DeadLetterFilter { To = Died },
        };

        var found = await store.ListAsync(consumer, wanted, null, 10, AnyBytes, Cancellation);

        Assert.Equal([offset], found.Select(letter => letter.Offset));
        Assert.Equal(1, await store.CountAsync(consumer, wanted, Cancellation));
    }

    [Fact]
    public async Task All_conditions_of_a_filter_hold_together()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var consumer = await log.InsertConsumerAsync();
        var store = new DeadLetterStore(log.DataSource);
        await store.InsertAsync(consumer, [Letter(1, key: "1", note: "a"), Letter(2, key: "2", note: "a")], Cancellation);

        var filter = new DeadLetterFilter { Key = ["2"], Text = "\"a\"", Table = "public.orders", Reason = DeathReason.Nacked };

        Assert.Equal(2, Assert.Single(await store.ListAsync(consumer, filter, null, 10, AnyBytes, Cancellation)).Offset);
        Assert.Empty(await store.ListAsync(consumer, filter with { Key = ["2", "1"] }, null, 10, AnyBytes, Cancellation));
        var injected = filter with { Text = "'; DROP TABLE sequin.dead_letters; --" };
        Assert.Empty(await store.ListAsync(consumer, injected, null, 10, AnyBytes, Cancellation));
    }

    [Fact]
    public async Task Places_are_those_of_one_generation_and_stretch()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var consumer = await log.InsertConsumerAsync();
        var store = new DeadLetterStore(log.DataSource);
        await store.InsertAsync(
            consumer, [Letter(9), Letter(5) with { HaltsGroup = true }, Letter(4), Letter(6) with { Generation = 2 }], Cancellation);

        var places = await store.ListPlacesAsync(consumer, generation: 1, fromOffset: 5, toOffset: 9, Cancellation);

        Assert.Equal([new DeadLetterPlace(5, HaltsGroup: true), new DeadLetterPlace(9, HaltsGroup: false)], places);
    }

    [Fact]
    public async Task Letters_of_another_consumer_are_neither_seen_nor_deleted_and_go_with_theirs()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var mine = await log.InsertConsumerAsync("mine");
        var other = await log.InsertConsumerAsync("other");
        var store = new DeadLetterStore(log.DataSource);
        var letter = Letter(7);
        await store.InsertAsync(other, [letter], Cancellation);
        await store.InsertAsync(mine, [Letter(7)], Cancellation);

        Assert.Null(await store.FindAsync(mine, letter.Id, Cancellation));
        Assert.Empty(await store.FindAsync(mine, [letter.Id], Cancellation));
        Assert.Equal(0, await store.DeleteAsync(mine, [letter.Id], Cancellation));
        Assert.Equal(letter.Id, Assert.Single(await store.FindAsync(other, [letter.Id, Guid.NewGuid()], Cancellation)).Id);

        await new ConsumerCatalog(log.DataSource).DeleteAsync(other, Cancellation);
        Assert.Equal(1, await log.ScalarAsync<long>("SELECT count(*) FROM sequin.dead_letters"));
    }

    [Fact]
    public async Task A_later_page_begins_where_the_one_before_ended()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var consumer = await log.InsertConsumerAsync();
        await log.ExecuteAsync($"""
            INSERT INTO sequin.dead_letters
            SELECT lpad(to_hex(n), 32, '0')::uuid, '{consumer}', 1, n, 1, 't', 'insert', '{Braces}', 'x', now(), 'nacked', NULL, 1,
                   NULL, NULL, now(), false
            FROM generate_series(1, 3000) AS n;
            ANALYZE sequin.dead_letters
            """);
        await using var connection = await log.DataSource.OpenConnectionAsync(Cancellation);
        // As after many calls: planned once, for any values.
        await using (var generic = new NpgsqlCommand("SET plan_cache_mode = force_generic_plan", connection))
            await generic.ExecuteNonQueryAsync(Cancellation);

        await using var prepare = new NpgsqlCommand(
            "PREPARE page (uuid, text, text[], bytea, text, timestamptz, timestamptz, uuid, uuid, bigint, bigint) AS "
            + DeadLetterStore.PageSql, connection);
        await prepare.ExecuteNonQueryAsync(Cancellation);
        await using var explain = new NpgsqlCommand(
            $"EXPLAIN EXECUTE page('{consumer}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{new string('0', 28)}0800', 10, 1000)",
            connection);
        var plan = new StringBuilder();
        await using (var reader = await explain.ExecuteReaderAsync(Cancellation))
        {
            while (await reader.ReadAsync(Cancellation))
                plan.AppendLine(reader.GetString(0));
        }

        Assert.Matches(@"Index Cond: .*\(id > COALESCE\(\$9", plan.ToString());
    }

    private const string Braces = "{}";

    private static void AssertSame(DeadLetter expected, DeadLetter? actual)
    {
        Assert.Equal(Encoding.UTF8.GetString(expected.Body.Span), Encoding.UTF8.GetString(actual!.Body.Span));
        Assert.Equal(expected with { Body = default, RecordPks = actual.RecordPks }, actual with { Body = default });
    }
}
