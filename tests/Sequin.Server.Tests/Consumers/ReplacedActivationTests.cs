using System.Text.Json;
using Sequin.Server.Tests.Databases;
using Sequin.Server.Tests.Hosting;
using Sequin.Testing;

namespace Sequin.Server.Tests.Consumers;

/// <summary>
/// A consumer that was activated elsewhere while this silo slept, and does not know yet: what the other one wrote shows as another
/// version of its state.
/// </summary>
public sealed class ReplacedActivationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Longer than an activation may lease without having written.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3.5);

    [Fact]
    public async Task It_neither_acks_nor_leases_and_its_successor_knows_the_receipts()
    {
        await using var log = await TestDatabase.CreateAsync();
        await using var source = await SourceDatabase.CreateAsync();
        await using var server = await ApiServer.StartAsync(log.ConnectionString);
        using var api = ApiServer.ClientOf(server, ApiServer.Token);
        await ConsumeAsync(api, source);
        await source.Database.ExecuteAsync("INSERT INTO orders VALUES (1, 'a'), (2, 'b')", Token);
        var first = Assert.Single(await ReceiveAsync(api));

        await ReplaceAsync(log);
        (await AckAsync(api, first)).IsProblem(503);
        Assert.Equal("acked", Status(await AckAsync(api, first)));
        var second = Assert.Single(await ReceiveAsync(api));
        Assert.Equal("acked", Status(await AckAsync(api, second)));

        await ReplaceAsync(log);
        await Task.Delay(Silence, Token);
        await source.Database.ExecuteAsync("INSERT INTO orders VALUES (3, 'c')", Token);
        (await api.GetAsync("/api/consumers/c/receive?wait_for=20s")).IsProblem(503);
        Assert.Equal(1, Assert.Single(await ReceiveAsync(api)).GetProperty("delivery_count").GetInt32());
    }

    private static async Task ConsumeAsync(ApiClient api, SourceDatabase source)
    {
        (await api.PostAsync("/api/postgres_databases", source.Request())).Is(201);
        var consumer = new
        {
            name = "c",
            database = source.Name,
            visibility_timeout_ms = 2000,
            destination = new { type = "sequin_stream" },
        };
        (await api.PostAsync("/api/consumers", consumer)).Is(201);
    }

    private static Task ReplaceAsync(TestDatabase log) =>
        log.ExecuteAsync("UPDATE orleans.orleansstorage SET version = version + 1 WHERE graintypestring LIKE '%consumer%'", Token);

    private static async Task<List<JsonElement>> ReceiveAsync(ApiClient api) =>
        [.. (await api.GetAsync("/api/consumers/c/receive?batch_size=1&wait_for=20s")).Is(200).Json.GetProperty("data").EnumerateArray()];

    private static Task<ApiAnswer> AckAsync(ApiClient api, JsonElement message) =>
        api.PostAsync("/api/consumers/c/ack", $$"""{"ack_ids":["{{message.GetProperty("ack_id").GetString()}}"]}""");

    private static string? Status(ApiAnswer answer) => answer.Is(200).Json.GetProperty("results")[0].GetProperty("status").GetString();
}
