using System.Text.Json;
using Sequin.Server.Tests.Consumers;
using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.Backfills;

public sealed class BackfillTests(Shop shop) : IClassFixture<Shop>
{
    private static string NewTable() => $"t_{Guid.NewGuid():N}";

    [Fact]
    public async Task A_new_consumer_begins_with_the_rows_of_its_table_and_goes_on_with_its_changes()
    {
        var table = await TableAsync(rows: 30);
        var consumer = await shop.ConsumeAsync($$"""
            "source":{"include_tables":["{{table}}"]},"initial_backfill":true,"annotations":{"a":1}
            """);

        var reads = await shop.ReceiveAllAsync(consumer, 30);
        await shop.SettleAsync(consumer, "ack", reads);
        await shop.ExecuteAsync($"UPDATE {table} SET note = 'changed' WHERE id = 7");
        var change = Assert.Single(await shop.ReceiveAllAsync(consumer, 1));

        Assert.Equal(Enumerable.Range(1, 30), reads.Select(IdOf).Order());
        Assert.All(reads, message => Assert.Equal("read", ActionOf(message)));
        Assert.Equal("""{"a":1}""", Metadata(reads[0]).GetProperty("consumer").GetProperty("annotations").GetRawText());
        Assert.Equal(("update", 7), (ActionOf(change), IdOf(change)));
        var backfill = Assert.Single((await shop.GetAsync($"/api/sinks/{consumer}/backfills")).GetProperty("data").EnumerateArray());
        Assert.Equal("completed", backfill.GetProperty("state").GetString());
        Assert.Equal(
            (30, 30, 100), (Int(backfill, "rows_processed_count"), Int(backfill, "rows_ingested_count"), Int(backfill, "percent")));
    }

    [Fact]
    public async Task A_backfill_is_for_its_consumer_alone()
    {
        var table = await TableAsync(rows: 20);
        var asking = await shop.ConsumeAsync($$""" "source":{"include_tables":["{{table}}"]} """);
        var other = await shop.ConsumeAsync($$""" "source":{"include_tables":["{{table}}"]} """);

        await BeginAsync(asking, $$"""{"table":"{{table}}"}""");
        Assert.Equal(20, (await shop.ReceiveAllAsync(asking, 20)).Count);
        await shop.ExecuteAsync($"INSERT INTO {table} VALUES (100, 'last')");

        Assert.Equal(["insert"], (await shop.ReceiveAllAsync(other, 1)).Select(ActionOf));
        var status = await shop.StatusAsync(other, seen => seen.GetProperty("lag").GetProperty("messages").GetInt64() <= 1);
        Assert.Equal(1, status.GetProperty("in_flight").GetInt32());
        var read = await shop.GetAsync($"/api/streams/{shop.Name}/messages?limit=1000");
        Assert.DoesNotContain(read.GetProperty("data").EnumerateArray(), message => ActionOf(message) == "read");
    }

    [Fact]
    public async Task A_part_of_a_table_comes_in_the_order_that_is_asked_for()
    {
        var table = await TableAsync(rows: 40);
        var consumer = await shop.ConsumeAsync($$"""
            "message_grouping":false,"initial_backfill":[{"table":"{{table}}","type":"partial","sort_column":"note",
            "start_position":"row 35",
            "filter":[{"column":"id","operator":"!=","value":36},{"column":"id","operator":"in","value":[35,36,37,38]}]}]
            """);

        var reads = await shop.ReceiveAllAsync(consumer, 3);

        Assert.Equal([35, 37, 38], reads.Select(IdOf));
    }

    [Fact]
    public async Task A_paused_backfill_is_shown_with_its_consumer_and_can_be_cancelled_but_not_resumed_then()
    {
        var table = await TableAsync(rows: 10);
        var consumer = await shop.ConsumeAsync();
        // It waits for every transaction that is older than it.
        await using var older = await OpenTransactionAsync(table);
        var backfill = await BeginAsync(consumer, $$"""{"table":"{{table}}","max_timeout_ms":10000}""");
        var path = $"/api/consumers/{consumer}/backfills/{backfill}";

        Assert.Equal("paused", (await shop.Api.PatchAsync(path, """{"state":"paused"}""")).Is(200).Text("state"));
        var active = (await shop.GetAsync($"/api/sinks/{consumer}")).GetProperty("active_backfills");
        Assert.Equal(backfill, Assert.Single(active.EnumerateArray()).GetProperty("id").GetString());
        (await shop.Api.PostAsync($"/api/consumers/{consumer}/backfills", $$"""{"table":"{{table}}"}"""))
            .IsProblem(409).Says("not finished");
        var cancelled = (await shop.Api.PatchAsync(path, """{"state":"cancelled"}""")).Is(200).Json;
        Assert.NotEqual(JsonValueKind.Null, cancelled.GetProperty("canceled_at").ValueKind);
        (await shop.Api.PatchAsync(path, """{"state":"active"}""")).IsProblem(409).Says("cancelled");
        Assert.Empty((await shop.GetAsync($"/api/sinks/{consumer}")).GetProperty("active_backfills").EnumerateArray());
        (await shop.Api.PatchAsync(path, """{"state":"done"}""")).IsProblem(422).Says("active, paused, cancelled");
        (await shop.Api.PatchAsync($"/api/consumers/{consumer}/backfills/{Guid.NewGuid()}", """{"state":"paused"}""")).IsProblem(404);
        (await shop.Api.GetAsync($"/api/consumers/{consumer}/backfills/nothing")).IsProblem(404);
    }

    [Fact]
    public async Task The_history_comes_in_pages()
    {
        var table = await TableAsync(rows: 1);
        var consumer = await shop.ConsumeAsync();
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            ids.Insert(0, await BeginAsync(consumer, $$"""{"table":"{{table}}"}"""));
            await UntilAsync(consumer, ids[0], "completed");
        }

        var first = await PageAsync($"/api/sinks/{consumer}/backfills?limit=2");
        var second = await PageAsync($"/api/sinks/{consumer}/backfills?limit=2&after={first[^1]}");

        Assert.Equal(ids, [.. first, .. second]);
    }

    [Theory]
    [InlineData("""{"table":"nothing"}""", "table", "no table")]
    [InlineData("""{"table":"a.b.c"}""", "table", "no table name")]
    [InlineData("""{}""", "table", "required")]
    [InlineData("""{"table":"a_view"}""", "table", "view")]
    [InlineData("""{"table":"pg_catalog.pg_class"}""", "table", "system table")]
    [InlineData("""{"table":"orleans.orleansstorage"}""", "table", "log database")]
    [InlineData("""{"table":"keyless"}""", "table", "ADD PRIMARY KEY")]
    [InlineData("""{"table":"kinds","sort_column":"nothing"}""", "sort_column", "no published column")]
    [InlineData("""{"table":"kinds","sort_column":"j"}""", "sort_column", "cannot be sorted")]
    [InlineData("""{"table":"kinds","sort_column":""}""", "sort_column", "empty")]
    [InlineData("""{"table":"kinds","start_position":"seven"}""", "start_position", "does not fit")]
    [InlineData("""{"table":"kinds","sort_column":"at","start_position":"yesterdayish"}""", "start_position", "does not fit")]
    [InlineData("""{"table":"kinds","start_position":{"id":1}}""", "start_position", "must be")]
    [InlineData("""{"table":"kinds","filter":[{"column":"id; DROP TABLE kinds","operator":"=","value":1}]}""", "filter",
        "no published column")]
    [InlineData("""{"table":"kinds","filter":[{"column":"id","operator":"= 1 OR 1","value":1}]}""", "filter", "operator")]
    [InlineData("""{"table":"kinds","filter":[{"column":"id","operator":"=","value":"1); DROP TABLE kinds; --"}]}""", "filter",
        "does not fit")]
    [InlineData("""{"table":"kinds","filter":[{"column":"id","operator":"in","value":[]}]}""", "filter", "values")]
    [InlineData("""{"table":"kinds","filter":[{"column":"id","operator":"in","value":[null]}]}""", "filter", "is null")]
    [InlineData("""{"table":"kinds","filter":[{"operator":"=","value":1}]}""", "filter", "column")]
    [InlineData("""{"table":"kinds","max_timeout_ms":99}""", "max_timeout_ms", "100")]
    public async Task What_cannot_be_read_is_refused_with_the_next_step(string body, string field, string reason)
    {
        var consumer = await shop.SharedAsync("refused", async () =>
        {
            await shop.ExecuteAsync(
                """
                CREATE TABLE kinds (id int PRIMARY KEY, j json, at timestamptz); CREATE VIEW a_view AS SELECT * FROM kinds;
                CREATE TABLE keyless (a int); ALTER TABLE keyless REPLICA IDENTITY FULL;
                ALTER PUBLICATION pub ADD TABLE kinds, keyless
                """);
            return await shop.ConsumeAsync();
        });

        var answer = (await shop.Api.PostAsync($"/api/consumers/{consumer}/backfills", body)).IsProblem(422).Says(reason);

        Assert.True(answer.Json.GetProperty("validation_errors").TryGetProperty(field, out _), answer.Body);
        Assert.Empty((await shop.GetAsync($"/api/consumers/{consumer}/backfills")).GetProperty("data").EnumerateArray());
    }

    [Theory]
    [InlineData("\"initial_backfill\":[]", "initial_backfill", "from 1")]
    [InlineData("\"initial_backfill\":[1]", "initial_backfill", "objects")]
    [InlineData("\"initial_backfill\":[{\"table\":\"orders\",\"type\":\"most\"}]", "initial_backfill.type", "full, partial")]
    [InlineData("\"initial_backfill\":[{\"table\":\"orders\",\"type\":\"partial\"}]", "initial_backfill.start_position", "partial")]
    [InlineData("\"initial_backfill\":[{\"table\":\"orders\"},{\"table\":\"orders\"}]", "initial_backfill.table", "twice")]
    [InlineData("\"initial_backfill\":[{\"table\":\"nowhere\"}]", "initial_backfill.table", "no table")]
    [InlineData("\"initial_backfill\":true,\"start\":\"beginning\"", "initial_backfill", "another start")]
    [InlineData("\"initial_backfill\":[{\"table\":\"orders\"}],\"source\":{\"include_tables\":[\"other\"]}", "initial_backfill.table",
        "does not read")]
    public async Task A_consumer_that_cannot_begin_so_is_not_made(string setting, string field, string reason)
    {
        var name = shop.UniqueName();

        var answer = (await shop.Api.PostAsync("/api/consumers",
            $$$"""{"name":"{{{name}}}","database":"{{{shop.Name}}}","destination":{"type":"sequin_stream"},{{{setting}}}}"""))
            .IsProblem(422).Says(reason);

        Assert.True(answer.Json.GetProperty("validation_errors").TryGetProperty(field, out _), answer.Body);
        (await shop.Api.GetAsync($"/api/consumers/{name}")).IsProblem(404);
    }

    [Fact]
    public async Task A_table_that_the_consumer_does_not_read_is_refused()
    {
        var consumer = await shop.ConsumeAsync(""" "source":{"include_tables":["orders"]} """);

        (await shop.Api.PostAsync($"/api/consumers/{consumer}/backfills", """{"table":"kinds"}""")).IsProblem(422).Says("include_tables");
        (await shop.Api.PostAsync("/api/consumers/nobody/backfills", """{"table":"orders"}""")).IsProblem(404);
    }

    private async Task<string> TableAsync(int rows)
    {
        var table = NewTable();
        await shop.ExecuteAsync(
            $"CREATE TABLE {table} (id int PRIMARY KEY, note text); "
            + $"INSERT INTO {table} SELECT g, 'row ' || g FROM generate_series(1, {rows}) g; "
            + $"ALTER PUBLICATION pub ADD TABLE {table}");
        return table;
    }

    private async Task<string> BeginAsync(string consumer, string body) =>
        (await shop.Api.PostAsync($"/api/consumers/{consumer}/backfills", body)).Is(201).Text("id");

    private async Task UntilAsync(string consumer, string backfill, string state)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            var seen = await shop.GetAsync($"/api/consumers/{consumer}/backfills/{backfill}");
            if (seen.GetProperty("state").GetString() == state)
                return;
            Assert.False(limit.IsCancellationRequested, $"The backfill did not become {state}: {seen}");
        }
    }

    private async Task<List<string>> PageAsync(string path) =>
        [.. (await shop.GetAsync(path)).GetProperty("data").EnumerateArray().Select(item => item.GetProperty("id").GetString()!)];

    private async Task<Npgsql.NpgsqlConnection> OpenTransactionAsync(string table)
    {
        var connection = new Npgsql.NpgsqlConnection(shop.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new Npgsql.NpgsqlCommand($"BEGIN; INSERT INTO {table} VALUES (0, 'open')", connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    private static JsonElement Metadata(JsonElement message) => message.GetProperty("data").GetProperty("metadata");

    private static string ActionOf(JsonElement message) => message.GetProperty("data").GetProperty("action").GetString()!;

    private static int IdOf(JsonElement message) => message.GetProperty("data").GetProperty("record").GetProperty("id").GetInt32();

    private static int Int(JsonElement json, string name) => json.GetProperty(name).GetInt32();
}
