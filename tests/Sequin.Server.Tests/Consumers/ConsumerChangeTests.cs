using System.Text.Json;
using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.Consumers;

public sealed class ConsumerChangeTests(Shop shop) : IClassFixture<Shop>
{
    private const string All = """
        "status":"paused","actions":["insert"],"visibility_timeout_ms":5000,"max_ack_pending":50,"max_waiting":7,"max_retry_count":3,
        "on_dead":"halt_group","annotations":{"owner":"me"},"source":{"include_tables":["orders","\"Odd.S\".\"T 1\""]}
        """;

    [Fact]
    public async Task A_patch_changes_what_is_given_and_nothing_else()
    {
        var consumer = await shop.ConsumeAsync(All);
        var before = await shop.GetAsync($"/api/consumers/{consumer}");

        var after = (await shop.Api.PatchAsync($"/api/sinks/{consumer}", """{"max_retry_count":null,"max_waiting":8}""")).Is(200);

        Assert.Equal("\"2\"", after.ETag);
        Assert.Equal(["max_retry_count", "max_waiting"], Differences(before, after.Json));
        Assert.Equal(JsonValueKind.Null, after.Json.GetProperty("max_retry_count").ValueKind);
        Assert.Equal(8, after.Json.GetProperty("max_waiting").GetInt32());
        Assert.Empty(Differences(after.Json, await shop.GetAsync($"/api/consumers/{consumer}")));
    }

    [Fact]
    public async Task A_put_gives_what_is_left_out_its_default()
    {
        var plain = await shop.GetAsync($"/api/consumers/{await shop.ConsumeAsync()}");
        var consumer = await shop.ConsumeAsync(All);

        var after = (await shop.Api.PutAsync($"/api/sinks/{consumer}", """{"max_waiting":8}""")).Is(200).Json;

        Assert.Equal(["max_waiting"], Differences(plain, after));
    }

    [Fact]
    public async Task What_a_consumer_was_created_with_can_be_put_again()
    {
        var name = shop.UniqueName();
        var body = $$$"""
            {"name":"{{{name}}}","database":"{{{shop.Name}}}","destination":{"type":"sequin_stream"},"start":{"offset":1},
             "initial_backfill":false,{{{All}}}}
            """;
        var created = (await shop.Api.PostAsync("/api/consumers", body)).Is(201);
        Assert.Equal("\"1\"", created.ETag);

        var put = (await shop.Api.PutAsync($"/api/consumers/{name}", body)).Is(200);

        Assert.Equal("\"2\"", put.ETag);
        Assert.Empty(Differences(created.Json, put.Json));
        (await shop.Api.DeleteAsync($"/api/consumers/{name}")).Is(200);
    }

    [Theory]
    [InlineData("""{"database":"another"}""", "database", "cannot be changed")]
    [InlineData("""{"stream":"another"}""", "stream", "cannot be changed")]
    [InlineData("""{"start":"beginning"}""", "start", "cannot be changed")]
    [InlineData("""{"start":{"offset":1000}}""", "start", "cannot be changed")]
    [InlineData("""{"start":"later"}""", "start", "must be")]
    [InlineData("""{"destination":{"type":"kafka"}}""", "destination.type", "sequin_stream")]
    [InlineData("""{"initial_backfill":true}""", "initial_backfill", "for new consumers")]
    [InlineData("""{"status":"asleep"}""", "status", "active, paused, disabled")]
    [InlineData("""{"name":"a b"}""", "name", "letters")]
    [InlineData("""{"tables":[{"name":"orders"}]}""", "source", "all tables")]
    public async Task What_cannot_be_changed_is_refused_with_the_reason_and_nothing_is_changed(string body, string field, string reason)
    {
        var consumer = await shop.ConsumeAsync();

        var answer = (await shop.Api.PatchAsync($"/api/consumers/{consumer}", body)).IsProblem(422).Says(reason);

        Assert.True(answer.Json.GetProperty("validation_errors").TryGetProperty(field, out _), answer.Body);
        Assert.Equal("\"1\"", (await shop.Api.GetAsync($"/api/consumers/{consumer}")).ETag);
    }

    [Fact]
    public async Task A_table_is_not_dropped_by_configuring_another()
    {
        var consumer = await shop.ConsumeAsync("""
            "tables":[{"name":"orders"},{"name":"customers"}]
            """);

        (await shop.Api.PatchAsync($"/api/consumers/{consumer}", """{"tables":[{"name":"orders"}]}""")).IsProblem(422)
            .Says("public.customers");
        var wider = (await shop.Api.PatchAsync(
            $"/api/consumers/{consumer}", """{"tables":[{"name":"orders"},{"name":"customers"},{"name":"items"}]}""")).Is(200).Json;
        var narrower = (await shop.Api.PatchAsync(
            $"/api/consumers/{consumer}", """{"source":{"include_tables":["items"]}}""")).Is(200).Json;

        Assert.Equal(3, wider.GetProperty("tables").GetArrayLength());
        Assert.Equal("""[{"name":"public.items","group_column_names":null}]""", narrower.GetProperty("tables").GetRawText());
    }

    [Theory]
    [InlineData("\"1\"", 200)]
    [InlineData("\"7\", \"1\"", 200)]
    [InlineData("*", 200)]
    [InlineData("\"2\"", 412)]
    [InlineData("W/\"1\"", 412)]
    [InlineData("1", 400)]
    [InlineData("\"1", 400)]
    [InlineData("\"1\" nonsense", 400)]
    public async Task A_precondition_decides_whether_a_change_is_made(string ifMatch, int status)
    {
        var consumer = await shop.ConsumeAsync();

        foreach (var method in new[] { HttpMethod.Patch, HttpMethod.Put })
        {
            using var content = new StringContent("""{"max_waiting":8}""", null, "application/json");
            var answer = await shop.Api.SendAsync(method, $"/api/consumers/{consumer}", content, ifMatch);
            var expected = status == 200 && method == HttpMethod.Put && ifMatch != "*" ? 412 : status;
            Assert.True(answer.Status == expected, $"{method} {ifMatch}: {answer.Status} {answer.Body}");
            if (expected == 412)
            {
                answer.IsProblem(412).Says(status == 200 ? "\"2\"" : "\"1\"");
                Assert.Equal("stale", answer.Text("code"));
            }
        }
    }

    [Fact]
    public async Task Of_ten_who_change_the_same_revision_at_once_one_does_and_without_it_all_do()
    {
        var consumer = await shop.ConsumeAsync();

        var guarded = await Task.WhenAll(Enumerable.Range(1, 10).Select(
            n => shop.Api.PatchAsync($"/api/consumers/{consumer}", $$"""{"max_waiting":{{n}}}""", "\"1\"")));
        Assert.Single(guarded, answer => answer.Status == 200);
        Assert.Equal(9, guarded.Count(answer => answer.Status == 412));

        var fields = new[] { "max_waiting", "max_ack_pending", "max_retry_count", "visibility_timeout_ms" };
        var unguarded = await Task.WhenAll(fields.Select(
            field => shop.Api.PatchAsync($"/api/consumers/{consumer}", $$"""{"{{field}}":777}""")));
        Assert.All(unguarded, answer => answer.Is(200));
        var after = await shop.GetAsync($"/api/consumers/{consumer}");
        Assert.All(fields, field => Assert.Equal(777, after.GetProperty(field).GetInt32()));
    }

    [Fact]
    public async Task A_consumer_that_is_renamed_is_found_and_named_by_its_new_name()
    {
        var consumer = await shop.ConsumeAsync();
        var before = (await shop.GetAsync($"/api/consumers/{consumer}")).GetProperty("name").GetString()!;
        Assert.Empty(await shop.ReceiveAsync(before, wait: "0"));
        var name = shop.UniqueName();

        (await shop.Api.PatchAsync($"/api/consumers/{before}", $$"""{"name":"{{name}}"}""")).Is(200);

        (await shop.Api.GetAsync($"/api/consumers/{before}")).IsProblem(404);
        (await shop.Api.PostAsync($"/api/consumers/{before}/receive", "{}")).IsProblem(404);
        await shop.ExecuteAsync("INSERT INTO orders VALUES (1001, 'renamed')");
        var message = Assert.Single(await shop.ReceiveAsync(name));
        var named = message.GetProperty("data").GetProperty("metadata").GetProperty("consumer");
        Assert.Equal(name, named.GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_name_that_is_taken_is_409_and_changes_nothing()
    {
        var taken = shop.UniqueName();
        var other = await shop.ConsumeAsync();
        (await shop.Api.PatchAsync($"/api/consumers/{other}", $$"""{"name":"{{taken}}"}""")).Is(200);
        var consumer = await shop.ConsumeAsync();

        var answer = await shop.Api.PatchAsync($"/api/consumers/{consumer}", $$"""{"name":"{{taken}}","max_waiting":8}""");

        answer.IsProblem(409).Says(taken);
        Assert.Equal("\"1\"", (await shop.Api.GetAsync($"/api/consumers/{consumer}")).ETag);
    }

    [Fact]
    public async Task A_paused_consumer_delivers_again_when_it_is_active()
    {
        var consumer = await shop.ConsumeAsync("\"status\":\"paused\"");
        await shop.ExecuteAsync("INSERT INTO orders VALUES (1002, 'held')");
        Assert.Empty(await shop.ReceiveAsync(consumer, wait: "500ms"));

        (await shop.Api.PatchAsync($"/api/consumers/{consumer}", """{"status":"active"}""")).Is(200);

        Assert.Single(await shop.ReceiveAsync(consumer));
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    public async Task A_body_that_is_not_good_is_refused_as_for_every_request(string method)
    {
        async Task<ApiAnswer> SendAsync(string body)
        {
            using var content = new StringContent(body, null, "application/json");
            return await shop.Api.SendAsync(new HttpMethod(method), "/api/consumers/nobody", content);
        }

        (await SendAsync("{")).IsProblem(400);
        (await SendAsync("[]")).IsProblem(400);
        (await SendAsync("""{"max_waiting":"8"}""")).IsProblem(400).Says("max_waiting");
        (await SendAsync("""{"name":"a","name":"a"}""")).IsProblem(400).Says("twice");
        (await SendAsync("""{"nope":1}""")).IsProblem(422).Says("Unknown field: nope");
        (await SendAsync("{}")).IsProblem(404).Says("nobody");
    }

    // Of two answers, the settings that are not the same.
    private static string[] Differences(JsonElement one, JsonElement other) =>
    [
        .. one.EnumerateObject()
            .Where(field => field.Name is not ("id" or "name" or "health" or "created_at" or "updated_at"))
            .Where(field => field.Value.GetRawText() != other.GetProperty(field.Name).GetRawText())
            .Select(field => field.Name).Order(StringComparer.Ordinal),
    ];
}
