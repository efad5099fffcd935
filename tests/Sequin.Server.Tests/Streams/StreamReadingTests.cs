using System.Text.Json;
using Sequin.Server.Tests.Databases;
using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.Streams;

public sealed class StreamReadingTests(ApiServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_are_read_by_offset_and_found_by_primary_key()
    {
        await using var source = await SourceDatabase.CreateAsync();
        await source.Database.ExecuteAsync("CREATE TABLE pairs (b text, v int, a int, PRIMARY KEY (a, b))", Token);
        (await server.Api.PostAsync("/api/postgres_databases", source.Request())).Is(201);
        var waiting = GetAsync($"{source.Name}/messages?after=0&wait_for=60s&limit=1");
        await source.Database.ExecuteAsync(
            "INSERT INTO orders VALUES (1, 'new'); INSERT INTO orders VALUES (2, 'new'); INSERT INTO pairs VALUES ('x y', 1, 7);"
            + "UPDATE pairs SET v = 2; UPDATE orders SET id = 3 WHERE id = 1", Token);

        var first = (await waiting).GetProperty("data")[0];
        Assert.Equal(1, first.GetProperty("offset").GetInt64());
        Assert.Equal(1, first.GetProperty("data").GetProperty("record").GetProperty("id").GetInt64());
        var metadata = first.GetProperty("data").GetProperty("metadata");
        Assert.Equal(JsonValueKind.Null, metadata.GetProperty("consumer").ValueKind);
        Assert.Equal(source.Name, metadata.GetProperty("database").GetProperty("name").GetString());

        Assert.Equal([2, 3, 4, 5], await FollowAsync(source.Name, after: 1, count: 4));
        Assert.Equal(4, await FindAsync($"{source.Name}/messages?table=public.pairs&pk=x%20y&pk=7"));
        Assert.Equal(5, await FindAsync($"{source.Name}/messages?table=public.orders&pk=1"));
        Assert.Equal(5, await FindAsync($"{source.Name}/messages?table=public.orders&pk=3"));
        Assert.Equal(2, await FindAsync($"{source.Name}/messages?table=public.orders&pk=2"));
        Assert.Equal(1, await FindAsync($"{source.Name}/messages?table=public.orders&pk=1&before=5"));
        var none = await GetAsync($"{source.Name}/messages?table=public.orders&pk=99");
        Assert.Empty(Offsets(none));
        Assert.Equal((1, true), (none.GetProperty("looked_back_to").GetInt64(), none.GetProperty("complete").GetBoolean()));
        (await server.Api.DeleteAsync($"/api/postgres_databases/{source.Name}")).Is(200);
    }

    [Fact]
    public async Task What_is_no_longer_kept_is_a_conflict_that_names_the_oldest_offset()
    {
        var stream = await WrittenAsync();

        var refused = (await server.Api.GetAsync($"/api/streams/{stream.Name}/messages?after=50")).IsProblem(409).Says("oldest is 101");
        Assert.Equal(("offset_not_kept", 101), (refused.Text("code"), refused.Json.GetProperty("oldest_offset").GetInt64()));
        (await server.Api.GetAsync($"/api/streams/{stream.Name}/tail?after=50")).IsProblem(409).Says("after=100");
        Assert.Equal([101, 102, 103], Offsets(await GetAsync($"{stream.Name}/messages?after=100&limit=3")));
        Assert.Equal([101, 102], Offsets(await GetAsync($"{stream.Name}/messages?limit=2")));
    }

    [Fact]
    public async Task Messages_for_one_consumer_are_passed_over()
    {
        var stream = await WrittenAsync();

        var page = await GetAsync($"{stream.Name}/messages?after=108");

        Assert.Equal([109, 110, 131, 132], Offsets(page));
        Assert.Equal(132, page.GetProperty("next_after").GetInt64());
        var tail = await GetAsync($"{stream.Name}/messages?after=132&limit=5");
        Assert.Equal((0, 132), (tail.GetProperty("data").GetArrayLength(), tail.GetProperty("next_after").GetInt64()));
        Assert.Equal(105, await FindAsync($"{stream.Name}/messages?table=public.orders&pk=105"));
        Assert.Equal(101, (await GetAsync($"{stream.Name}/messages?table=public.orders&pk=115")).GetProperty("looked_back_to").GetInt64());
    }

    [Theory]
    [InlineData("messages?after=-1", 400, "after")]
    [InlineData("messages?after=1&after=2", 400, "after is there twice")]
    [InlineData("messages?limit=1001", 400, "from 1 to 1000")]
    [InlineData("messages?limit=0", 400, "limit")]
    [InlineData("messages?wait_for=6m", 400, "wait_for")]
    [InlineData("messages?from=1", 422, "Unknown field: from")]
    [InlineData("messages?pk=1", 422, "table is required")]
    [InlineData("messages?table=public.orders", 422, "0 values")]
    [InlineData("messages?table=a.b.c&pk=1", 422, "'a.b.c'")]
    [InlineData("messages?table=t&pk=1&after=3", 422, "do not go with it")]
    [InlineData("messages?before=3", 422, "before goes with table and pk only")]
    [InlineData("tail?after=x", 400, "after")]
    [InlineData("tail?limit=1", 422, "Unknown field: limit")]
    public async Task Bad_input_is_refused_with_the_value(string path, int status, string says) =>
        (await server.Api.GetAsync($"/api/streams/any/{path}")).IsProblem(status).Says(says);

    [Theory]
    [InlineData("messages")]
    [InlineData("messages?table=public.orders&pk=1")]
    [InlineData("tail")]
    public async Task An_unknown_stream_is_not_found(string path) =>
        (await server.Api.GetAsync($"/api/streams/no-such-stream/{path}")).IsProblem(404).Says("'no-such-stream'");

    /// <summary>101 to 110, then 111 to 130 for one consumer, then 131 and 132.</summary>
    private async Task<WrittenStream> WrittenAsync()
    {
        var stream = new WrittenStream(server.Server.LogDatabase);
        await stream.CreateAsync();
        await stream.AppendAsync(101, 10);
        await stream.AppendAsync(111, 20, audience: Guid.NewGuid());
        await stream.AppendAsync(131, 2, table: "public.other");
        return stream;
    }

    private async Task<JsonElement> GetAsync(string path) => (await server.Api.GetAsync($"/api/streams/{path}")).Is(200).Json;

    private async Task<List<long>> FollowAsync(string stream, long after, int count)
    {
        var offsets = new List<long>();
        while (offsets.Count < count)
        {
            var page = await GetAsync($"{stream}/messages?after={after}&wait_for=30s");
            Assert.True(page.GetProperty("data").GetArrayLength() > 0, $"Nothing came behind {after}.");
            offsets.AddRange(Offsets(page));
            after = page.GetProperty("next_after").GetInt64();
            Assert.Equal(offsets[^1], after);
        }

        return offsets;
    }

    private async Task<long> FindAsync(string path)
    {
        var found = await GetAsync(path);
        var offset = Assert.Single(Offsets(found));
        Assert.Equal((true, offset), (found.GetProperty("complete").GetBoolean(), found.GetProperty("looked_back_to").GetInt64()));
        return offset;
    }

    private static List<long> Offsets(JsonElement page) =>
        [.. page.GetProperty("data").EnumerateArray().Select(message => message.GetProperty("offset").GetInt64())];
}
