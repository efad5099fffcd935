using Sequin.Server.Tests.Databases;
using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.Consumers;

public sealed class ConsumerTests(ApiServer server)
{
    private const string Sinks = "/api/sinks";
    private const string GroupedT = "\"tables\":[{\"name\":\"t\",\"group_column_names\":[\"a\"]}]";
    private const string Pull = "\"destination\":{\"type\":\"sequin_stream\"}";

    [Fact]
    public async Task A_consumer_has_every_key_that_clients_look_for()
    {
        await using var source = await StreamedAsync();
        var created = (await server.Api.PostAsync(Sinks, new
        {
            name = $"{source.Name}-all",
            database = source.Name,
            status = "paused",
            source = new { include_tables = new[] { "orders" }, exclude_tables = (string[]?)null },
            actions = new[] { "insert", "delete" },
            destination = new { type = "sequin_stream" },
            filter = "none",
            message_grouping = false,
            annotations = new { owner = "me" },
            visibility_timeout_ms = 5000,
            max_ack_pending = 50,
            max_retry_count = 3,
            on_dead = "halt_group",
            max_waiting = 7,
        })).Is(201).Json;

        foreach (var key in new[]
        {
            "id", "name", "status", "database", "source", "tables", "actions", "destination", "filter", "transform", "routing",
            "enrichment", "message_grouping", "batch_size", "max_retry_count", "load_shedding_policy", "timestamp_format", "annotations",
            "active_backfills", "health", "on_dead", "max_waiting",
        })
            Assert.True(created.TryGetProperty(key, out _), $"{key} is missing.");
        Assert.Equal("""{"include_schemas":null,"exclude_schemas":null,"include_tables":["public.orders"],"exclude_tables":null}""",
            created.GetProperty("source").GetRawText());
        Assert.Equal("""["insert","delete"]""", created.GetProperty("actions").GetRawText());
        Assert.Equal("none", created.GetProperty("transform").GetString());
        Assert.Equal(5000, created.GetProperty("visibility_timeout_ms").GetInt32());
        Assert.Equal(("paused", "halt_group"), (created.GetProperty("status").GetString(), created.GetProperty("on_dead").GetString()));
        Assert.Equal((3, 7), (created.GetProperty("max_retry_count").GetInt32(), created.GetProperty("max_waiting").GetInt32()));
        Assert.Equal(3, created.GetProperty("health").EnumerateObject().Count());

        var id = created.GetProperty("id").GetString();
        Assert.Equal(id, (await server.Api.GetAsync($"/api/consumers/{source.Name}-all")).Is(200).Text("id"));
        Assert.Contains(id!, (await server.Api.GetAsync(Sinks)).Body, StringComparison.Ordinal);
        (await server.Api.DeleteAsync($"{Sinks}/{id}")).Is(200);
        (await server.Api.GetAsync($"{Sinks}/{id}")).IsProblem(404);
        (await server.Api.PostAsync($"/api/consumers/{id}/receive", "{}")).IsProblem(404);
        await ForgetAsync(source);
    }

    [Fact]
    public async Task Of_ten_at_once_one_is_created()
    {
        await using var source = await StreamedAsync();
        var body = $$"""{"name":"{{source.Name}}-race","stream":"{{source.Name}}",{{Pull}}}""";

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => server.Api.PostAsync(Sinks, body)));

        Assert.Single(answers, answer => answer.Status == 201);
        Assert.Equal(9, answers.Count(answer => answer.IsProblemOr201().Status == 409));
        (await server.Api.DeleteAsync($"{Sinks}/{source.Name}-race")).Is(200);
        await ForgetAsync(source);
    }

    [Theory]
    [InlineData($$"""{{{Pull}}}""", "name")]
    [InlineData($$"""{"name":"n",{{Pull}}}""", "database")]
    [InlineData($$"""{"name":"n","database":"d","stream":"s",{{Pull}}}""", "database")]
    [InlineData($$"""{"name":"n","database":"nobody",{{Pull}}}""", "database")]
    [InlineData($$"""{"name":"n","stream":"nobody",{{Pull}}}""", "stream")]
    [InlineData("""{"name":"n","database":"d"}""", "destination.type")]
    [InlineData("""{"name":"n","database":"d","destination":{"type":"kafka","hosts":"h"}}""", "destination.type")]
    [InlineData("""{"name":"n","database":"d","destination":{"type":"sequin_stream","hosts":"h"}}""", "destination.hosts")]
    [InlineData($$"""{"name":"n","database":"d","status":"asleep",{{Pull}}}""", "status")]
    [InlineData($$"""{"name":"n","database":"d","on_dead":"stop",{{Pull}}}""", "on_dead")]
    [InlineData($$"""{"name":"n","database":"d","max_retry_count":0,{{Pull}}}""", "max_retry_count")]
    [InlineData($$"""{"name":"n","database":"d","max_retry_count":1001,{{Pull}}}""", "max_retry_count")]
    [InlineData($$"""{"name":"n","database":"d","max_waiting":0,{{Pull}}}""", "max_waiting")]
    [InlineData($$"""{"name":"n","database":"d","max_waiting":10001,{{Pull}}}""", "max_waiting")]
    [InlineData($$"""{"name":"n","database":"d","filter":"mine",{{Pull}}}""", "filter")]
    [InlineData($$"""{"name":"n","database":"d","batch_size":10,{{Pull}}}""", "batch_size")]
    [InlineData($$"""{"name":"n","database":"d","timestamp_format":"unix_microsecond",{{Pull}}}""", "timestamp_format")]
    [InlineData($$"""{"name":"n","database":"d","initial_backfill":"all",{{Pull}}}""", "initial_backfill")]
    [InlineData($$"""{"name":"n","database":"d","actions":[],{{Pull}}}""", "actions")]
    [InlineData($$"""{"name":"n","database":"d","actions":["upsert"],{{Pull}}}""", "actions")]
    [InlineData($$"""{"name":"n","database":"d","actions":["1"],{{Pull}}}""", "actions")]
    [InlineData($$"""{"name":"n","database":"d","actions":[null],{{Pull}}}""", "actions")]
    [InlineData($$"""{"name":"n","database":"d","tables":[{"name":"a.b.c"}],{{Pull}}}""", "tables")]
    [InlineData($$"""{"name":"n","stream":"s","tables":[{"group_column_names":["x"]}],{{Pull}}}""", "tables")]
    [InlineData($$"""{"name":"n","stream":"s","tables":[{"name":"t","group_column_names":[]}],{{Pull}}}""", "tables.group_column_names")]
    [InlineData($$"""{"name":"n","stream":"s","tables":[{"name":"t","group_column_names":[""]}],{{Pull}}}""", "tables.group_column_names")]
    [InlineData($$"""{"name":"n","stream":"s","tables":[{"name":"t","group_column_names":["a","a"]}],{{Pull}}}""",
        "tables.group_column_names")]
    [InlineData($$"""{"name":"n","stream":"s","source":{"include_tables":["u"]},{{GroupedT}},{{Pull}}}""",
        "tables.group_column_names")]
    [InlineData($$"""{"name":"n","stream":"s","message_grouping":false,{{GroupedT}},{{Pull}}}""",
        "message_grouping")]
    [InlineData($$"""{"name":"n","database":"d","source":{"include_schemas":["public"]},{{Pull}}}""", "source.include_schemas")]
    [InlineData($$"""{"name":"n","database":"d","source":{"include_tables":[""]},{{Pull}}}""", "source.include_tables")]
    [InlineData($$"""{"name":"n","database":"d","start":"later",{{Pull}}}""", "start")]
    [InlineData($$"""{"name":"n","database":"d","start":{"offset":0},{{Pull}}}""", "start")]
    [InlineData($$"""{"name":"n","database":"d","start":{"offset":"1"},{{Pull}}}""", "start")]
    [InlineData($$"""{"name":"n","database":"d","visibility_timeout_ms":499,{{Pull}}}""", "visibility_timeout_ms")]
    [InlineData($$"""{"name":"n","database":"d","max_ack_pending":0,{{Pull}}}""", "max_ack_pending")]
    [InlineData($$"""{"name":"n","database":"d","annotations":1,{{Pull}}}""", "annotations")]
    public async Task A_field_that_is_not_valid_is_named(string body, string field)
    {
        var answer = (await server.Api.PostAsync(Sinks, body)).IsProblem(422);

        Assert.True(answer.Json.GetProperty("validation_errors").TryGetProperty(field, out _), answer.Body);
    }

    [Fact]
    public async Task An_unknown_destination_is_answered_with_the_known_ones()
    {
        var answer = await server.Api.PostAsync(Sinks, """{"name":"n","database":"d","destination":{"type":"kafka"}}""");

        answer.IsProblem(422).Says("sequin_stream");
    }

    private async Task<SourceDatabase> StreamedAsync()
    {
        var source = await SourceDatabase.CreateAsync();
        (await server.Api.PostAsync("/api/postgres_databases", source.Request())).Is(201);
        return source;
    }

    private async Task ForgetAsync(SourceDatabase source) =>
        (await server.Api.DeleteAsync($"/api/postgres_databases/{source.Name}")).Is(200);
}
