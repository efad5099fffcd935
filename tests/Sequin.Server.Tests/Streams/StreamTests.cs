using System.Text.Json;
using Sequin.Server.Tests.Consumers;

namespace Sequin.Server.Tests.Streams;

/// <summary>Streams that users make, of a source that is streamed all the while.</summary>
public sealed class StreamTests(Shop shop) : IClassFixture<Shop>
{
    // All tests write into one database.
    private readonly long _firstId = Random.Shared.NextInt64(1L << 40) << 16;

    [Fact]
    public async Task A_stream_has_its_tables_and_offsets_of_its_own_from_its_creation_on()
    {
        await CreateTablesAsync("a", "b");
        await WriteAsync("a", 1);

        var created = await CreateAsync($"\"include_tables\":[\"{Table("a")}\"]");
        await WriteAsync("a", 2);
        await WriteAsync("b", 3);
        await WriteAsync("a", 4);

        Assert.Equal(("active", false, 0), (
            created.GetProperty("state").GetString(), created.GetProperty("is_default").GetBoolean(),
            created.GetProperty("last_offset").GetInt64()));
        Assert.Equal([(1, _firstId + 2), (2, _firstId + 4)], await ReadAsync(Name(created), 2));
        await DeleteAsync(created);
    }

    [Fact]
    public async Task A_table_can_be_in_several_streams_and_a_consumer_names_the_one_it_reads()
    {
        await CreateTablesAsync("c", "d");
        var one = await CreateAsync($"\"include_tables\":[\"{Table("c")}\"]");
        var two = await CreateAsync($"\"include_schemas\":[\"public\"],\"exclude_tables\":[\"{Table("d")}\"]");
        var consumer = (await shop.Api.PostAsync("/api/consumers",
            $$$"""{"name":"{{{shop.UniqueName()}}}","stream":"{{{Name(one)}}}","destination":{"type":"sequin_stream"}}""")).Is(201).Text("id");
        await WriteAsync("d", 1);
        await WriteAsync("c", 2);

        Assert.Equal([(1, _firstId + 2)], await ReadAsync(Name(one), 1));
        Assert.Equal([(1, _firstId + 2)], await ReadAsync(Name(two), 1));
        var received = Assert.Single(await shop.ReceiveAllAsync(consumer, 1));
        Assert.Equal(1, received.GetProperty("offset").GetInt64());

        var refused = (await shop.Api.DeleteAsync($"/api/streams/{Name(one)}")).IsProblem(409);
        Assert.Equal("has_consumers", refused.Text("code"));
        (await shop.Api.DeleteAsync($"/api/consumers/{consumer}")).Is(200);
        await DeleteAsync(one);
        await DeleteAsync(two);
    }

    [Fact]
    public async Task A_table_that_is_added_comes_from_then_on_and_its_backfill_is_offered()
    {
        await CreateTablesAsync("e", "f");
        var stream = await CreateAsync($"\"include_tables\":[\"{Table("e")}\"]");
        await WriteAsync("f", 1);

        var changed = (await shop.Api.PatchAsync($"/api/streams/{Name(stream)}",
            $$$"""{"source":{"include_tables":["{{{Table("e")}}}","{{{Table("f")}}}"]}}""", "\"1\"")).Is(200);
        await WriteAsync("f", 2);
        await WriteAsync("e", 3);

        Assert.Equal("\"2\"", changed.ETag);
        Assert.Equal(Table("f"), changed.Json.GetProperty("backfills_offered")[0].GetProperty("table").GetString());
        Assert.Equal([(1, _firstId + 2), (2, _firstId + 3)], await ReadAsync(Name(stream), 2));
        (await shop.Api.PatchAsync($"/api/streams/{Name(stream)}", "{}", "\"1\"")).IsProblem(412);
        await DeleteAsync(stream);
    }

    [Fact]
    public async Task Streams_come_and_go_while_changes_flow_and_none_is_lost_or_doubled()
    {
        await CreateTablesAsync("g");
        var kept = await CreateAsync($"\"include_tables\":[\"{Table("g")}\"]");
        var writing = Task.Run(async () =>
        {
            for (var i = 1; i <= 200; i++)
                await WriteAsync("g", i);
        }, TestContext.Current.CancellationToken);
        while (!writing.IsCompleted)
            await DeleteAsync(await CreateAsync($"\"include_tables\":[\"{Table("g")}\"]"));
        await writing;

        Assert.Equal(Enumerable.Range(1, 200).Select(i => ((long)i, _firstId + i)), await ReadAsync(Name(kept), 200));
        await DeleteAsync(kept);
    }

    [Fact]
    public async Task A_default_stream_keeps_its_name_and_tables_and_cannot_be_deleted()
    {
        (await shop.Api.DeleteAsync($"/api/streams/{shop.Name}")).IsProblem(409).Says("default stream");
        (await shop.Api.PatchAsync($"/api/streams/{shop.Name}", """{"name":"other"}""")).IsProblem(422).Says("default stream");
        (await shop.Api.PatchAsync($"/api/streams/{shop.Name}", """{"source":{"include_schemas":["x"]}}""")).IsProblem(422);
        var kept = (await shop.Api.PatchAsync($"/api/streams/{shop.Name}", """{"retention":{"max_age":"48h","limit":"drop"}}""")).Is(200);
        Assert.Equal("""{"max_age":"2d","max_bytes":null,"limit":"drop"}""", kept.Json.GetProperty("retention").GetRawText());
        (await shop.Api.PutAsync($"/api/streams/{shop.Name}", "{}")).Is(200);
    }

    [Theory]
    [InlineData("""{"database":"d"}""", "name")]
    [InlineData("""{"name":"n"}""", "database")]
    [InlineData("""{"name":"n","database":"nobody"}""", "database")]
    [InlineData("""{"name":"n","database":"DB","source":{"include_tables":["no_such_table"]}}""", "source.include_tables")]
    [InlineData("""{"name":"n","database":"DB","source":{"include_tables":["a.b.c"]}}""", "source.include_tables")]
    [InlineData("""{"name":"n","database":"DB","source":{"include_tables":["orders"],"exclude_schemas":["public"]}}""", "source.include_tables")]
    [InlineData("""{"name":"n","database":"DB","source":{"include_schemas":[""]}}""", "source.include_schemas")]
    [InlineData("""{"name":"n","database":"DB","retention":{"max_age":"5 days"}}""", "retention.max_age")]
    [InlineData("""{"name":"n","database":"DB","retention":{"max_age":"1s"}}""", "retention.max_age")]
    [InlineData("""{"name":"n","database":"DB","retention":{"max_bytes":1}}""", "retention.max_bytes")]
    [InlineData("""{"name":"n","database":"DB","retention":{"limit":"throw"}}""", "retention.limit")]
    public async Task A_field_that_is_not_valid_is_named(string body, string field)
    {
        var refused = (await shop.Api.PostAsync("/api/streams", body.Replace("DB", shop.Name, StringComparison.Ordinal))).IsProblem(422);

        Assert.True(refused.Json.GetProperty("validation_errors").TryGetProperty(field, out _), refused.Body);
    }

    [Fact]
    public async Task A_name_that_is_taken_is_a_conflict() => Assert.Equal("name_taken",
        (await shop.Api.PostAsync("/api/streams", $$"""{"name":"{{shop.Name}}","database":"{{shop.Name}}"}""")).IsProblem(409).Text("code"));

    private string Table(string letter) => $"public.t{_firstId}_{letter}";

    private async Task CreateTablesAsync(params string[] letters)
    {
        foreach (var letter in letters)
            await shop.ExecuteAsync($"CREATE TABLE {Table(letter)} (id bigint PRIMARY KEY); ALTER PUBLICATION pub ADD TABLE {Table(letter)}");
    }

    private Task WriteAsync(string letter, int number) => shop.ExecuteAsync($"INSERT INTO {Table(letter)} VALUES ({_firstId + number})");

    private async Task<JsonElement> CreateAsync(string source) => (await shop.Api.PostAsync("/api/streams",
        $$$"""{"name":"{{{shop.UniqueName()}}}","database":"{{{shop.Name}}}","source":{{{{source}}}}}""")).Is(201).Json;

    private async Task DeleteAsync(JsonElement stream)
    {
        (await shop.Api.DeleteAsync($"/api/streams/{Name(stream)}")).Is(200);
        (await shop.Api.GetAsync($"/api/streams/{Name(stream)}")).IsProblem(404);
    }

    private async Task<List<(long Offset, long Id)>> ReadAsync(string stream, int count)
    {
        var messages = new List<(long, long)>();
        var after = 0L;
        while (messages.Count < count)
        {
            var page = await shop.GetAsync($"/api/streams/{stream}/messages?after={after}&wait_for=30s");
            after = page.GetProperty("next_after").GetInt64();
            Assert.True(page.GetProperty("data").GetArrayLength() > 0, $"{count} messages were expected, {messages.Count} came.");
            messages.AddRange(page.GetProperty("data").EnumerateArray().Select(message => (
                message.GetProperty("offset").GetInt64(),
                message.GetProperty("data").GetProperty("record").GetProperty("id").GetInt64())));
        }

        return messages;
    }

    private static string Name(JsonElement stream) => stream.GetProperty("name").GetString()!;
}
