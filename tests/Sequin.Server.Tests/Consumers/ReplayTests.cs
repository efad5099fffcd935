using System.Text.Json;
using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.Consumers;

public sealed class ReplayTests(Shop shop, ApiServer server) : IClassFixture<Shop>
{
    // All tests write into one table.
    private readonly long _firstId = Random.Shared.NextInt64(1L << 40) << 16;

    [Fact]
    public async Task A_stretch_comes_again_to_a_consumer_of_its_own_and_leaves_the_live_one_alone()
    {
        var live = await shop.ConsumeAsync();
        await InsertAsync(1, 6);
        var first = await shop.ReceiveAllAsync(live, 6);
        await shop.SettleAsync(live, "ack", first[..5]);

        var replay = (await shop.Api.PostAsync($"/api/consumers/{live}/replay",
            $$$"""{"from":{"offset":{{{Offset(first[1])}}}},"to":{"offset":{{{Offset(first[3])}}}},"ttl":"2h"}""")).Is(201).Json;
        await InsertAsync(7, 1);

        var name = replay.GetProperty("name").GetString()!;
        Assert.Equal(Offset(first[3]), replay.GetProperty("replay").GetProperty("to_offset").GetInt64());
        var again = await shop.ReceiveAllAsync(name, 3);
        Assert.Equal(first[1..4].Select(Offset), again.Select(Offset));
        Assert.Empty(await shop.ReceiveAsync(name, wait: "0"));
        await shop.SettleAsync(name, "ack", again);
        await shop.StatusAsync(name, status => status.GetProperty("lag").GetProperty("messages").GetInt64() == 0);
        await shop.SettleAsync(live, "ack", first[5..]);
        Assert.Equal(_firstId + 7, (await shop.ReceiveAllAsync(live, 1))[0].GetProperty("data").GetProperty("record").GetProperty("id").GetInt64());

        await server.ExecuteOnLogAsync($$"""
            UPDATE sequin.consumers SET config = (config::jsonb || '{"expires_at":"2020-01-01T00:00:00Z"}')::json WHERE name = '{{name}}'
            """);
        while ((await shop.Api.GetAsync($"/api/consumers/{name}")).Status != 404)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("{}", 422, "from is required")]
    [InlineData("""{"from":"beginning","to":{"offset":0}}""", 422, "to must be")]
    [InlineData("""{"from":"now"}""", 422, "not behind from")]
    [InlineData("""{"from":"beginning","to":{"offset":99999999}}""", 409, "ends at offset")]
    [InlineData("""{"from":"beginning","ttl":"8000h"}""", 422, "ttl is '8000h'")]
    public async Task A_stretch_that_there_is_not_is_refused(string body, int status, string says)
    {
        var consumer = await shop.SharedAsync("refused", () => shop.ConsumeAsync());

        (await shop.Api.PostAsync($"/api/consumers/{consumer}/replay", body)).IsProblem(status).Says(says);
    }

    private Task InsertAsync(int first, int rows) =>
        shop.ExecuteAsync($"INSERT INTO orders SELECT n, 'new' FROM generate_series({_firstId + first}, {_firstId + first + rows - 1}) n");

    private static long Offset(JsonElement message) => message.GetProperty("offset").GetInt64();
}
