using System.Text.Json;
using Sequin.Server.Tests.Databases;
using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.Consumers;

public sealed class GroupColumnTests(Shop shop) : IClassFixture<Shop>
{
    [Fact]
    public async Task Columns_that_old_rows_lack_are_refused_with_the_fix_and_taken_after_it()
    {
        await shop.ExecuteAsync("CREATE TABLE \"Line \"\"items\"\"\" (id int PRIMARY KEY, \"order\" int)");
        const string settings = """
            "tables":[{"name":"public.\"Line \"\"items\"\"\"","group_column_names":["order"]}]
            """;

        var refused = (await CreateAsync(settings)).IsProblem(422).Says("a delete could not be put in order");
        Assert.Equal("old_rows_lack_column", refused.Text("code"));
        var fix = refused.Json.GetProperty("findings")[0].GetProperty("fix").GetString()!;
        Assert.Equal("ALTER TABLE \"public\".\"Line \"\"items\"\"\" REPLICA IDENTITY FULL;", fix);
        await shop.ExecuteAsync(fix);

        var tables = (await shop.GetAsync($"/api/consumers/{await shop.ConsumeAsync(settings)}")).GetProperty("tables");
        Assert.Equal(["order"], tables[0].GetProperty("group_column_names").EnumerateArray().Select(name => name.GetString()!));
    }

    [Theory]
    [InlineData("nothing", "id", "table_missing")]
    [InlineData("orders", "customer", "column_missing")]
    [InlineData("orders", "ID", "column_missing")]
    public async Task An_unknown_table_or_column_is_refused_at_creation_and_at_a_change(string table, string column, string code)
    {
        var consumer = await shop.ConsumeAsync();
        var tables = $$"""{"name":"{{table}}","group_column_names":["{{column}}"]}""";

        var created = await CreateAsync($"\"tables\":[{tables}]");
        var changed = await shop.Api.PatchAsync($"/api/consumers/{consumer}", $$"""{"source":{},"tables":[{{tables}}]}""");

        foreach (var answer in new[] { created, changed })
        {
            Assert.Equal(code, answer.IsProblem(422).Text("code"));
            Assert.True(answer.Json.GetProperty("validation_errors").TryGetProperty("tables.group_column_names", out _), answer.Body);
        }

        Assert.Equal("\"1\"", (await shop.Api.GetAsync($"/api/consumers/{consumer}")).ETag);
    }

    [Fact]
    public async Task A_source_that_is_away_is_named_and_only_asked_about_columns_that_change()
    {
        await using var source = await SourceDatabase.CreateAsync();
        (await shop.Api.PostAsync("/api/postgres_databases", source.Request())).Is(201);
        var name = shop.UniqueName();
        (await shop.Api.PostAsync("/api/consumers", $$$"""
            {"name":"{{{name}}}","database":"{{{source.Name}}}","destination":{"type":"sequin_stream"},
             "tables":[{"name":"orders","group_column_names":["id"]}]}
            """)).Is(201);
        await shop.ExecuteAsync($"ALTER DATABASE {source.Name} ALLOW_CONNECTIONS false");

        (await shop.Api.PatchAsync($"/api/consumers/{name}", """{"max_waiting":8}""")).Is(200);
        var refused = await shop.Api.PatchAsync(
            $"/api/consumers/{name}", """{"tables":[{"name":"orders","group_column_names":["status"]}]}""");

        Assert.Equal("connection_failed", refused.IsProblem(422).Text("code"));
        await shop.ExecuteAsync($"ALTER DATABASE {source.Name} ALLOW_CONNECTIONS true");
        (await shop.Api.DeleteAsync($"/api/consumers/{name}")).Is(200);
        (await shop.Api.DeleteAsync($"/api/postgres_databases/{source.Name}")).Is(200);
    }

    [Fact]
    public async Task A_change_of_tables_keeps_the_columns_of_those_that_stay()
    {
        var consumer = await shop.ConsumeAsync("""
            "tables":[{"name":"orders","group_column_names":["id"]},{"name":"customers"}]
            """);

        var changed = (await shop.Api.PatchAsync(
            $"/api/consumers/{consumer}", """{"source":{"include_tables":["orders"]}}""")).Is(200).Json;
        var cleared = (await shop.Api.PatchAsync(
            $"/api/consumers/{consumer}", """{"tables":[{"name":"orders"}]}""")).Is(200).Json;

        Assert.Equal("""[{"name":"public.orders","group_column_names":["id"]}]""", changed.GetProperty("tables").GetRawText());
        Assert.Equal(JsonValueKind.Null, cleared.GetProperty("tables")[0].GetProperty("group_column_names").ValueKind);
    }

    private Task<ApiAnswer> CreateAsync(string settings) => shop.Api.PostAsync("/api/consumers",
        $$$"""{"name":"{{{shop.UniqueName()}}}","database":"{{{shop.Name}}}","destination":{"type":"sequin_stream"},{{{settings}}}}""");
}
