using System.Diagnostics;
using Sequin.Server.Tests.Hosting;
using Sequin.Testing;

namespace Sequin.Server.Tests.Databases;

/// <summary>A database that cannot go on by itself, as its operator sees it.</summary>
public sealed class RecoveryTests(ApiServer server)
{
    private const string Path = "/api/postgres_databases";
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task A_lost_slot_is_shown_everywhere_and_recovered_by_one_call()
    {
        await using var source = await SourceDatabase.CreateAsync();
        (await server.Api.PostAsync(Path, source.Request())).Is(201);
        await CreateConsumerAsync(source);
        await source.Database.ExecuteAsync("INSERT INTO orders VALUES (1, 'before')", TestContext.Current.CancellationToken);
        Assert.Equal("1", await ReceiveAsync(source));
        (await server.Api.PostAsync($"{Path}/{source.Name}/refresh_tables", "{}")).Is(200);
        Assert.Empty((await server.Api.GetAsync($"{Path}/{source.Name}/gaps")).Is(200).Json.GetProperty("data").EnumerateArray());
        Assert.Equal("nothing_to_recover",
            (await server.Api.PostAsync($"{Path}/{source.Name}/recover", "{}")).IsProblem(409).Text("code"));

        await DropSlotAsync(source);
        await source.Database.ExecuteAsync("INSERT INTO orders VALUES (2, 'in the gap')", TestContext.Current.CancellationToken);
        await UntilAsync(async () => (await server.Api.GetAsync($"{Path}/{source.Name}")).Text("state") == "slot_missing", "slot_missing");

        var gap = (await server.Api.GetAsync($"{Path}/{source.Name}/gaps")).Is(200).Json.GetProperty("data")[0];
        Assert.Equal(("slot_missing", "public.orders"), (gap.GetProperty("reason").GetString(), gap.GetProperty("tables")[0].GetString()));
        var health = (await server.Api.GetAsync($"{Path}/{source.Name}/health")).Is(200);
        Assert.Equal("error", health.Text("status"));
        Assert.Contains(health.Json.GetProperty("checks").EnumerateArray(),
            check => check.GetProperty("name").GetString() == "Gaps" && check.GetProperty("status").GetString() == "error");
        var ready = (await server.Api.GetAsync("/health/ready")).Is(200);
        Assert.Equal("degraded", ready.Text("status"));
        Assert.DoesNotContain(source.Name, ready.Body, StringComparison.Ordinal);

        var recovered = (await server.Api.PostAsync($"{Path}/{source.Name}/recover", "{}")).Is(200);
        await source.Database.ExecuteAsync("INSERT INTO orders VALUES (3, 'after')", TestContext.Current.CancellationToken);

        Assert.Equal("3", await ReceiveAsync(source));
        Assert.Equal(2, recovered.Json.GetProperty("source_epoch").GetInt32());
        Assert.Contains("not replayed", recovered.Text("detail"), StringComparison.Ordinal);
        Assert.Equal("pending", recovered.Json.GetProperty("gap").GetProperty("backfill").GetString());
        await UntilAsync(
            async () => (await server.Api.GetAsync($"{Path}/{source.Name}/health")).Json.GetProperty("checks")[1].GetProperty("status").GetString() == "healthy",
            "the health of the gap healthy");
        Assert.Equal("nothing_to_recover",
            (await server.Api.PostAsync($"{Path}/{source.Name}/recover", "{}")).IsProblem(409).Text("code"));
        await DeleteAsync(source);
    }

    [Fact]
    public async Task What_was_changed_in_a_gap_is_backfilled_for_the_consumers_that_ask()
    {
        await using var source = await SourceDatabase.CreateAsync();
        (await server.Api.PostAsync(Path, source.Request())).Is(201);
        await CreateConsumerAsync(source);
        await source.Database.ExecuteAsync("INSERT INTO orders VALUES (1, 'before')", TestContext.Current.CancellationToken);
        Assert.Equal("1", await ReceiveAsync(source));
        (await server.Api.PostAsync($"{Path}/{source.Name}/refresh_tables", "{}")).Is(200);
        await DropSlotAsync(source);
        await source.Database.ExecuteAsync(
            "UPDATE orders SET id = 2, status = 'in the gap'", TestContext.Current.CancellationToken);
        await UntilAsync(async () => (await server.Api.GetAsync($"{Path}/{source.Name}")).Text("state") == "slot_missing", "slot_missing");

        (await server.Api.PostAsync($"{Path}/{source.Name}/recover", """{"backfill":["nobody"]}""")).IsProblem(422).Says("nobody");
        (await server.Api.PostAsync($"{Path}/{source.Name}/recover", """{"backfill":7}""")).IsProblem(422);
        var recovered = (await server.Api.PostAsync($"{Path}/{source.Name}/recover", """{"backfill":true}""")).Is(200).Json;

        Assert.Equal("public.orders", Assert.Single(recovered.GetProperty("backfills").EnumerateArray()).GetProperty("table").GetString());
        Assert.Empty(recovered.GetProperty("not_backfilled").EnumerateArray());
        Assert.Equal("2", await ReceiveAsync(source));
        await DeleteAsync(source);
    }

    [Fact]
    public async Task The_tables_of_a_source_are_listed_with_what_is_published()
    {
        await using var source = await SourceDatabase.CreateAsync();
        var request = source.Request();
        request["tables"] = new[] { "public.orders" };
        (await server.Api.PostAsync(Path, request)).Is(201);
        await source.Database.ExecuteAsync("CREATE TABLE \"Odd\" (a int)", TestContext.Current.CancellationToken);

        var tables = (await server.Api.GetAsync($"{Path}/{source.Name}/tables")).Is(200).Json.GetProperty("data").EnumerateArray().ToList();
        var refreshed = (await server.Api.PostAsync($"{Path}/{source.Name}/refresh_tables", "{}")).Is(200);

        var orders = tables.Single(table => table.GetProperty("name").GetString() == "orders");
        Assert.True(orders.GetProperty("published").GetBoolean());
        Assert.Equal("bigint", orders.GetProperty("columns")[0].GetProperty("type").GetString());
        Assert.Equal(1, orders.GetProperty("columns")[0].GetProperty("key_ordinal").GetInt32());
        Assert.False(tables.Single(table => table.GetProperty("name").GetString() == "Odd").GetProperty("published").GetBoolean());
        Assert.Equal("public.orders", Assert.Single(refreshed.Json.GetProperty("tables").EnumerateArray()).GetString());
        await DeleteAsync(source);
    }

    [Fact]
    public async Task What_the_slot_holds_back_is_in_the_health()
    {
        await using var source = await SourceDatabase.CreateAsync();
        (await server.Api.PostAsync(Path, source.Request())).Is(201);
        (await server.Api.PostAsync($"{Path}/{source.Name}/refresh_tables", "{}")).Is(200);

        var slot = (await server.Api.GetAsync($"{Path}/{source.Name}/health")).Is(200).Json.GetProperty("slot");

        Assert.Equal((source.Name, "reserved"), (slot.GetProperty("slot_name").GetString(), slot.GetProperty("wal_status").GetString()));
        Assert.True(slot.GetProperty("retained_bytes").GetInt64() >= 0);
        await DeleteAsync(source);
    }

    [Fact]
    public async Task A_paused_database_streams_nothing_and_goes_on_where_it_was()
    {
        await using var source = await SourceDatabase.CreateAsync();
        (await server.Api.PostAsync(Path, source.Request())).Is(201);
        await CreateConsumerAsync(source);
        await source.Database.ExecuteAsync("INSERT INTO orders VALUES (1, 'before')", TestContext.Current.CancellationToken);
        Assert.Equal("1", await ReceiveAsync(source));

        var paused = (await server.Api.PostAsync($"{Path}/{source.Name}/pause", "{}")).Is(200);
        await UntilAsync(async () => (await server.Api.GetAsync($"{Path}/{source.Name}")).Text("state") == "paused", "paused");
        await source.Database.ExecuteAsync("INSERT INTO orders VALUES (2, 'meanwhile')", TestContext.Current.CancellationToken);
        var health = (await server.Api.GetAsync($"{Path}/{source.Name}/health")).Is(200);
        (await server.Api.PostAsync($"{Path}/{source.Name}/resume", "{}")).Is(200);

        Assert.Equal("2", await ReceiveAsync(source));
        Assert.Equal("disabled", paused.Json.GetProperty("replication_slots")[0].GetProperty("status").GetString());
        Assert.Equal("paused", health.Json.GetProperty("checks")[0].GetProperty("status").GetString());
        Assert.Equal(1, await source.SlotsAsync());
        await DeleteAsync(source);
    }

    [Theory]
    [InlineData("health")]
    [InlineData("gaps")]
    [InlineData("tables")]
    public async Task What_does_not_exist_is_404(string what)
    {
        foreach (var name in new[] { "nobody", "a b", "%F0%9F%98%80" })
            (await server.Api.GetAsync($"{Path}/{name}/{what}")).IsProblem(404);
        foreach (var action in new[] { "recover", "refresh_tables", "pause", "resume" })
            (await server.Api.PostAsync($"{Path}/nobody/{action}", "{}")).IsProblem(404);
    }

    [Fact]
    public async Task A_database_whose_password_cannot_be_decrypted_is_shown_and_deleted_and_its_slot_named()
    {
        await using var source = await SourceDatabase.CreateAsync();
        (await server.Api.PostAsync(Path, source.Request())).Is(201);
        await server.ExecuteOnLogAsync($"UPDATE sequin.databases SET password_encrypted = '\\x0102' WHERE name = '{source.Name}'");

        (await server.Api.GetAsync(Path)).Is(200);
        (await server.Api.GetAsync($"{Path}/{source.Name}")).Is(200);
        (await server.Api.PostAsync($"{Path}/{source.Name}/test_connection", "{}")).IsProblem(422).Says("cannot be decrypted");
        var deleted = (await server.Api.DeleteAsync($"{Path}/{source.Name}")).Is(200);

        Assert.StartsWith("kept: ", deleted.Text("replication_slot"), StringComparison.Ordinal);
        Assert.Contains($"pg_drop_replication_slot('{source.Name}')", deleted.Text("replication_slot"), StringComparison.Ordinal);
    }

    private async Task CreateConsumerAsync(SourceDatabase source) => (await server.Api.PostAsync("/api/sinks", new
    {
        name = $"{source.Name}-c",
        database = source.Name,
        destination = new { type = "sequin_stream" },
        start = "beginning",
    })).Is(201);

    private async Task<string> ReceiveAsync(SourceDatabase source)
    {
        var messages = (await server.Api.GetAsync($"/api/consumers/{source.Name}-c/receive?wait_for=30s&batch_size=10")).Is(200).Json;
        var message = Assert.Single(messages.GetProperty("data").EnumerateArray());
        var ack = new { ack_ids = new[] { message.GetProperty("ack_id").GetString() } };
        (await server.Api.PostAsync($"/api/consumers/{source.Name}-c/ack", ack)).Is(200);
        return message.GetProperty("data").GetProperty("record").GetProperty("id").GetRawText();
    }

    // The worker comes back at once: dropping has to catch the moment between two of its connections.
    private static async Task DropSlotAsync(SourceDatabase source) => await UntilAsync(
        async () =>
        {
            try
            {
                await source.Database.ExecuteAsync(
                    $"SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name = '{source.Name}' AND active");
                await source.Database.ExecuteAsync($"SELECT pg_drop_replication_slot('{source.Name}')");
                return true;
            }
            catch (Npgsql.PostgresException inUse) when (inUse.SqlState == Npgsql.PostgresErrorCodes.ObjectInUse)
            {
                return false;
            }
        },
        "the slot was dropped");

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < WaitMax, $"{what} did not happen in {WaitMax}.");
            await Task.Delay(PollInterval, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private async Task DeleteAsync(SourceDatabase source)
    {
        await server.Api.DeleteAsync($"/api/sinks/{source.Name}-c");
        (await server.Api.DeleteAsync($"{Path}/{source.Name}")).Is(200);
    }
}
