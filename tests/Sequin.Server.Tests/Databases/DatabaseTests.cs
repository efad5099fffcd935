using Npgsql;
using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.Databases;

public sealed class DatabaseTests(ApiServer server)
{
    private const string Path = "/api/postgres_databases";

    [Fact]
    public async Task A_database_is_created_shown_tested_and_deleted()
    {
        await using var source = await SourceDatabase.CreateAsync();
        var request = source.Request();
        request["annotations"] = new { team = "a\u00e4" };

        var created = (await server.Api.PostAsync(Path, request)).Is(201);
        var shown = (await server.Api.GetAsync($"{Path}/{source.Name}")).Is(200);
        Assert.Equal(created.Text("id"), shown.Text("id"));
        Assert.Equal("a\u00e4", shown.Json.GetProperty("annotations").GetProperty("team").GetString());
        Assert.False(shown.Json.GetProperty("ssl").GetBoolean());
        Assert.NotEmpty(shown.Text("state"));
        Assert.NotEmpty(shown.Text("state_since"));
        Assert.Equal(source.Name, (await server.Api.GetAsync($"/api/streams/{source.Name}")).Is(200).Text("database"));
        var tested = (await server.Api.PostAsync($"{Path}/{source.Name}/test_connection", "{}")).Is(200);
        Assert.True(tested.Json.GetProperty("success").GetBoolean());
        Assert.Contains(created.Text("id"), (await server.Api.GetAsync(Path)).Body, StringComparison.Ordinal);

        var deleted = (await server.Api.DeleteAsync($"{Path}/{created.Text("id")}")).Is(200);
        Assert.Equal("dropped", deleted.Text("replication_slot"));
        Assert.Equal(0, await source.SlotsAsync());
        (await server.Api.GetAsync($"{Path}/{source.Name}")).IsProblem(404);
        (await server.Api.GetAsync($"/api/streams/{source.Name}")).IsProblem(404);
    }

    [Fact]
    public async Task The_password_never_comes_back()
    {
        await using var source = await SourceDatabase.CreateAsync();
        var password = new NpgsqlConnectionStringBuilder(source.Database.ConnectionString).Password!;

        var created = (await server.Api.PostAsync(Path, source.Request())).Is(201);

        foreach (var path in new[] { Path, $"{Path}/{source.Name}", $"/api/streams/{source.Name}" })
            Assert.DoesNotContain(password, (await server.Api.GetAsync(path)).Body, StringComparison.Ordinal);
        Assert.DoesNotContain("password", created.Body, StringComparison.Ordinal);
        (await server.Api.DeleteAsync($"{Path}/{source.Name}")).Is(200);
    }

    [Fact]
    public async Task A_URL_says_the_same_as_fields()
    {
        await using var source = await SourceDatabase.CreateAsync();
        var request = source.Request();
        request["url"] = $"postgres://{request["username"]}:{Uri.EscapeDataString((string)request["password"]!)}@{request["hostname"]}:"
            + $"{request["port"]}/{request["database"]}?sslmode=disable";
        foreach (var field in new[] { "hostname", "port", "database", "username", "password", "ssl" })
            request.Remove(field);

        var created = (await server.Api.PostAsync(Path, request)).Is(201);

        Assert.Equal(source.Database.Name, created.Text("database"));
        (await server.Api.DeleteAsync($"{Path}/{source.Name}")).Is(200);
    }

    [Fact]
    public async Task Of_ten_at_once_one_is_created_and_its_slot_stays()
    {
        await using var source = await SourceDatabase.CreateAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => server.Api.PostAsync(Path, source.Request())));

        Assert.Single(answers, answer => answer.Status == 201);
        Assert.Equal(9, answers.Count(answer => answer.IsProblemOr201().Status == 409));
        Assert.Equal(1, await source.SlotsAsync());
        Assert.Equal(1, await source.PublicationsAsync());
        (await server.Api.DeleteAsync($"{Path}/{source.Name}")).Is(200);
    }

    [Fact]
    public async Task A_slot_has_one_database()
    {
        await using var source = await SourceDatabase.CreateAsync();
        (await server.Api.PostAsync(Path, source.Request())).Is(201);
        var second = source.Request();
        second["name"] = $"{source.Name}-2";

        var answer = (await server.Api.PostAsync(Path, second)).IsProblem(409);

        Assert.Equal("slot_taken", answer.Text("code"));
        (await server.Api.DeleteAsync($"{Path}/{source.Name}")).Is(200);
    }

    [Fact]
    public async Task A_database_with_consumers_stays()
    {
        await using var source = await SourceDatabase.CreateAsync();
        (await server.Api.PostAsync(Path, source.Request())).Is(201);
        (await server.Api.PostAsync("/api/sinks", new
        {
            name = $"{source.Name}-c",
            database = source.Name,
            destination = new { type = "sequin_stream" },
        })).Is(201);

        Assert.Equal("has_consumers", (await server.Api.DeleteAsync($"{Path}/{source.Name}")).IsProblem(409).Text("code"));

        (await server.Api.DeleteAsync($"/api/sinks/{source.Name}-c")).Is(200);
        (await server.Api.DeleteAsync($"{Path}/{source.Name}")).Is(200);
    }
}
