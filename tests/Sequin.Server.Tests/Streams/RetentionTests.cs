using System.Text.Json;
using Sequin.Server.Tests.Consumers;
using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.Streams;

/// <summary>What is kept of a stream, and who is heard before something goes.</summary>
public sealed class RetentionTests(Shop shop, ApiServer server) : IClassFixture<Shop>
{
    private const string KeepAMinute = """{"retention":{"max_age":"1m"}}""";
    private const string DropAfterAMinute = """{"retention":{"max_age":"1m","limit":"drop"}}""";

    private readonly string _table = $"public.t{Random.Shared.NextInt64(1L << 50)}";

    [Fact]
    public async Task Nothing_goes_that_the_slowest_consumer_has_not_finished()
    {
        var stream = await CreateAsync();
        var (slow, fast) = (await ConsumeAsync(stream), await ConsumeAsync(stream));
        await WriteAsync(1, 6);
        await shop.SettleAsync(fast, "ack", await shop.ReceiveAllAsync(fast, 6));
        var held = await shop.ReceiveAllAsync(slow, 6);
        await shop.SettleAsync(slow, "ack", held[..3]);

        await AgeAsync(stream, KeepAMinute);

        await StreamAsync(stream, json => json.GetProperty("oldest_offset").GetInt64() == 4);
        var refused = (await shop.Api.GetAsync($"/api/streams/{stream}/messages?after=1")).IsProblem(409);
        Assert.Equal(4, refused.Json.GetProperty("oldest_offset").GetInt64());
        refused = (await shop.Api.PostAsync($"/api/consumers/{fast}/rewind", """{"to":{"offset":3}}""")).IsProblem(409);
        Assert.Equal(("offset_not_kept", 4), (refused.Text("code"), refused.Json.GetProperty("oldest_offset").GetInt64()));
        Assert.Equal(4, (await shop.Api.PostAsync($"/api/consumers/{fast}/rewind", """{"to":"beginning"}""")).Is(200)
            .Json.GetProperty("next_offset").GetInt64());
        var again = await shop.ReceiveAllAsync(fast, 3);
        Assert.Equal([4, 5, 6], again.Select(Offset));

        await shop.SettleAsync(slow, "ack", held[3..]);
        await shop.SettleAsync(fast, "ack", again[..1]);
        await AgeAsync(stream, KeepAMinute);
        await StreamAsync(stream, json => json.GetProperty("oldest_offset").GetInt64() == 5);
        await ForgetAsync(stream, slow, fast);
    }

    [Fact]
    public async Task A_consumer_that_is_overtaken_has_a_gap_and_goes_on_at_the_oldest()
    {
        var stream = await CreateAsync();
        var consumer = await ConsumeAsync(stream);
        await WriteAsync(1, 5);
        var held = await shop.ReceiveAllAsync(consumer, 2);

        await AgeAsync(stream, DropAfterAMinute);

        await StreamAsync(stream, json => json.GetProperty("oldest_offset").GetInt64() == 5);
        Assert.Equal(5, Offset(Assert.Single(await shop.ReceiveAllAsync(consumer, 1))));
        Assert.Empty(await shop.ReceiveAsync(consumer, wait: "0"));
        var gap = (await shop.GetAsync($"/api/consumers/{consumer}/status")).GetProperty("gaps")[0];
        Assert.Equal((1, 4), (gap.GetProperty("from_offset").GetInt64(), gap.GetProperty("to_offset").GetInt64()));
        var health = (await shop.GetAsync($"/api/consumers/{consumer}")).GetProperty("health");
        Assert.Contains("offsets 1 to 4", health.GetRawText(), StringComparison.Ordinal);
        await shop.SettleAsync(consumer, "ack", held);
        await ForgetAsync(stream, consumer);
    }

    [Fact]
    public async Task A_dead_letter_comes_back_although_its_message_was_deleted()
    {
        var stream = await CreateAsync();
        var consumer = await ConsumeAsync(stream, "\"max_retry_count\":1,");
        await WriteAsync(1, 3);
        var first = await shop.ReceiveAllAsync(consumer, 3);
        await shop.SettleAsync(consumer, "nack", first[..1]);
        await shop.SettleAsync(consumer, "ack", first[1..]);
        await AgeAsync(stream, KeepAMinute);
        await StreamAsync(stream, json => json.GetProperty("oldest_offset").GetInt64() == 3);
        var letter = (await shop.GetAsync($"/api/consumers/{consumer}/dead_letters")).GetProperty("data")[0].GetProperty("id").GetString();

        (await shop.Api.PostAsync($"/api/consumers/{consumer}/dead_letters/redrive", new { ids = new[] { letter } })).Is(200);
        // Another grouping is another window, which restores what this one holds.
        (await shop.Api.PatchAsync($"/api/consumers/{consumer}", """{"message_grouping":false}""")).Is(200);

        var again = Assert.Single(await shop.ReceiveAllAsync(consumer, 1));
        Assert.Equal(first[0].GetProperty("data").GetRawText(), again.GetProperty("data").GetRawText());
        Assert.Equal((1, 1), (Offset(again), again.GetProperty("delivery_count").GetInt32()));
        await shop.SettleAsync(consumer, "ack", [again]);
        await shop.StatusAsync(consumer, status => status.GetProperty("unfinished").GetInt32() == 0);
        await ForgetAsync(stream, consumer);
    }

    [Fact]
    public async Task A_reader_that_races_with_deletion_gets_each_message_or_is_told_the_oldest()
    {
        var stream = await CreateAsync();
        await WriteAsync(1, 40);
        await AgeAsync(stream, KeepAMinute);

        var after = 0L;
        while (after < 40)
        {
            var answer = await shop.Api.GetAsync($"/api/streams/{stream}/messages?after={after}&limit=1");
            if (answer.Status == 409)
            {
                after = answer.Json.GetProperty("oldest_offset").GetInt64() - 1;
                continue;
            }

            Assert.Equal(after + 1, Offset(answer.Is(200).Json.GetProperty("data")[0]));
            after++;
        }

        await StreamAsync(stream, json => json.GetProperty("oldest_offset").GetInt64() == 40);
        (await shop.Api.GetAsync($"/api/streams/{stream}/messages?after=0")).IsProblem(409).Says("oldest is 40");
        await ForgetAsync(stream);
    }

    [Fact]
    public async Task A_full_stream_stops_its_source_and_goes_on_when_there_is_room()
    {
        var stream = await CreateAsync();
        var consumer = await ConsumeAsync(stream);
        (await shop.Api.PatchAsync($"/api/streams/{stream}", """{"retention":{"max_bytes":1048576}}""")).Is(200);
        await shop.ExecuteAsync($"""
            INSERT INTO {_table}
            SELECT n, (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 90 + n % 2)) FROM generate_series(1, 1200) n
            """);
        await shop.ReceiveAllAsync(consumer, 1);

        await StreamAsync(stream, json => json.GetProperty("state").GetString() == "quota_reached");
        await DatabaseAsync("quota_reached");
        await shop.ExecuteAsync($"INSERT INTO {_table} VALUES (5000, 'waits')");
        (await shop.Api.PostAsync($"/api/consumers/{consumer}/rewind", """{"to":"beginning"}""")).Is(200);
        for (var left = 1200; left > 0;)
        {
            var some = await shop.ReceiveAsync(consumer, 1000);
            left -= some.Count;
            await shop.SettleAsync(consumer, "ack", some);
        }

        Assert.Equal(5000, (await shop.ReceiveAllAsync(consumer, 1))[0].GetProperty("data").GetProperty("record").GetProperty("id").GetInt64());
        await StreamAsync(stream, json => json.GetProperty("state").GetString() == "active");
        await ForgetAsync(stream, consumer);
    }

    private async Task<string> CreateAsync()
    {
        await shop.ExecuteAsync($"CREATE TABLE {_table} (id bigint PRIMARY KEY, note text); ALTER PUBLICATION pub ADD TABLE {_table}");
        var name = shop.UniqueName();
        (await shop.Api.PostAsync("/api/streams",
            $$$"""{"name":"{{{name}}}","database":"{{{shop.Name}}}","source":{"include_tables":["{{{_table}}}"]}}""")).Is(201);
        return name;
    }

    private async Task<string> ConsumeAsync(string stream, string more = "") => (await shop.Api.PostAsync("/api/consumers",
        $$$"""{{{{more}}}"name":"{{{shop.UniqueName()}}}","stream":"{{{stream}}}","destination":{"type":"sequin_stream"}}""")).Is(201).Text("id");

    /// <summary>One after the other, so that each is a segment.</summary>
    private async Task WriteAsync(int first, int last)
    {
        var watcher = await shop.ConsumeAsync();
        for (var i = first; i <= last; i++)
        {
            await shop.ExecuteAsync($"INSERT INTO {_table} VALUES ({i}, 'new')");
            await shop.ReceiveAllAsync(watcher, 1);
        }
    }

    /// <summary>Makes everything in a stream two minutes old, and sets its retention: it is looked after at once.</summary>
    private async Task AgeAsync(string stream, string retention)
    {
        await server.ExecuteOnLogAsync($"""
            UPDATE sequin.segments SET first_commit_time = now() - interval '2 minutes', last_commit_time = now() - interval '2 minutes'
            WHERE stream_id = (SELECT id FROM sequin.streams WHERE name = '{stream}')
            """);
        (await shop.Api.PatchAsync($"/api/streams/{stream}", retention)).Is(200);
    }

    private Task StreamAsync(string stream, Func<JsonElement, bool> isExpected) => UntilAsync($"/api/streams/{stream}", isExpected);

    private Task DatabaseAsync(string state) =>
        UntilAsync($"/api/postgres_databases/{shop.Name}", json => json.GetProperty("state").GetString() == state);

    private async Task UntilAsync(string path, Func<JsonElement, bool> isExpected)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(40));
        while (true)
        {
            var json = await shop.GetAsync(path);
            if (isExpected(json))
                return;
            Assert.False(limit.IsCancellationRequested, $"It did not become what was expected: {json}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private async Task ForgetAsync(string stream, params string[] consumers)
    {
        foreach (var consumer in consumers)
            (await shop.Api.DeleteAsync($"/api/consumers/{consumer}")).Is(200);
        (await shop.Api.DeleteAsync($"/api/streams/{stream}")).Is(200);
    }

    private static long Offset(JsonElement message) => message.GetProperty("offset").GetInt64();
}
