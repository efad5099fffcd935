using System.Text.Json;
using Sequin.Server.Tests.Consumers;

namespace Sequin.Server.Tests.Messages;

/// <summary>What a consumer's messages are doing, seen without receiving them.</summary>
public sealed class MessageTests(Shop shop) : IClassFixture<Shop>
{
    [Fact]
    public async Task Each_message_is_shown_in_its_state_and_none_is_received_by_looking()
    {
        var consumer = await shop.ConsumeAsync();
        await InsertAsync(1, 2, 3, 4);
        await shop.ExecuteAsync("UPDATE orders SET status = 'paid' WHERE id = 2");
        var received = await shop.ReceiveAllAsync(consumer, 3);
        await shop.SettleAsync(consumer, "ack", [received[0]]);
        await shop.SettleAsync(consumer, "nack", [received[2]], ",\"delay\":\"1h\"");

        await SeesAsync(consumer, "", 4);
        var ready = await OnlyAsync(consumer, "state=ready", "4");
        var leased = await OnlyAsync(consumer, "state=in_flight", "2");
        var delayed = await OnlyAsync(consumer, "state=delayed", "3");
        var blocked = await OnlyAsync(consumer, "state=blocked", "2");
        var acked = await OnlyAsync(consumer, "state=acked", "1");

        Assert.Equal((0, 1), (Deliveries(ready), Deliveries(leased)));
        Assert.Equal((1, 0), (Deliveries(delayed), Deliveries(blocked)));
        Assert.Equal(received[1].GetProperty("data").GetRawText(), leased.GetProperty("data").GetRawText());
        Assert.Equal("update", blocked.GetProperty("data").GetProperty("action").GetString());
        var deliveredAt = leased.GetProperty("last_delivered_at").GetDateTimeOffset();
        Assert.True(leased.GetProperty("lease_expires_at").GetDateTimeOffset() > deliveredAt);
        Assert.True(delayed.GetProperty("visible_at").GetDateTimeOffset() > DateTimeOffset.UnixEpoch);
        Assert.Equal(JsonValueKind.Null, acked.GetProperty("delivery_count").ValueKind);
        Assert.False(ready.TryGetProperty("lease_expires_at", out _) || ready.TryGetProperty("ack_id", out _));
        Assert.Equal("4", Key(Assert.Single(await shop.ReceiveAsync(consumer))));
    }

    [Theory]
    [InlineData("table=orders", "11,12,13")]
    [InlineData("table=items", "")]
    [InlineData("pk=12", "12")]
    [InlineData("pk=[%2213%22]", "13")]
    [InlineData("q=new-11", "11")]
    [InlineData("q=%25", "")]
    [InlineData("from=2020-01-01", "11,12,13")]
    [InlineData("to=2020-01-01", "")]
    [InlineData("table=orders&q=new&pk=13&from=2020-01-01", "13")]
    public async Task Each_parameter_narrows_what_is_shown(string query, string keys)
    {
        var consumer = await shop.SharedAsync(nameof(MessageTests), async () =>
        {
            var created = await shop.ConsumeAsync();
            await InsertAsync(11, 12, 13);
            await SeesAsync(created, "", 3);
            return created;
        });

        var page = await shop.GetAsync($"/api/sinks/{consumer}/messages?{query}");

        Assert.Equal(keys, string.Join(',', page.GetProperty("data").EnumerateArray().Select(Key)));
        Assert.Equal((3, true), (page.GetProperty("scanned").GetInt32(), page.GetProperty("complete").GetBoolean()));
        Assert.Equal(JsonValueKind.Null, page.GetProperty("next_after").ValueKind);
    }

    [Fact]
    public async Task Pages_follow_each_other_in_the_order_of_offsets_whatever_the_states()
    {
        var consumer = await shop.ConsumeAsync();
        await InsertAsync([.. Enumerable.Range(100, 25)]);
        await SeesAsync(consumer, "", 25);
        var leased = await shop.ReceiveAllAsync(consumer, 5);
        await shop.SettleAsync(consumer, "nack", leased.Where((_, i) => i % 2 == 0), ",\"delay\":\"1h\"");

        var keys = new List<string>();
        var after = "0";
        while (after is not null)
        {
            var page = await shop.GetAsync($"/api/consumers/{consumer}/messages?limit=10&after={after}");
            Assert.Equal(page.GetProperty("data").GetArrayLength(), page.GetProperty("scanned").GetInt32());
            keys.AddRange(page.GetProperty("data").EnumerateArray().Select(Key));
            after = page.GetProperty("complete").GetBoolean() ? null : page.GetProperty("next_after").GetRawText();
        }

        Assert.Equal(Enumerable.Range(100, 25).Select(key => $"{key}"), keys);
    }

    [Fact]
    public async Task A_look_ends_after_ten_thousand_messages_and_says_where()
    {
        var consumer = await shop.ConsumeAsync();
        await shop.ExecuteAsync("INSERT INTO orders SELECT n, 'many' FROM generate_series(10001, 20500) AS n");
        // What is leased makes room to read ahead for what is not.
        await shop.ReceiveAllAsync(consumer, 10_000);
        await SeesAsync(consumer, "pk=20400&state=ready", 1);

        var first = await shop.GetAsync($"/api/consumers/{consumer}/messages?pk=20400");

        Assert.Equal((10_000, false), (first.GetProperty("scanned").GetInt32(), first.GetProperty("complete").GetBoolean()));
        Assert.Equal("[]", first.GetProperty("data").GetRawText());
        var next = first.GetProperty("next_after").GetRawText();
        var second = await shop.GetAsync($"/api/consumers/{consumer}/messages?pk=20400&after={next}");
        Assert.Equal("20400", Key(Assert.Single(second.GetProperty("data").EnumerateArray())));
    }

    private async Task InsertAsync(params int[] keys)
    {
        foreach (var key in keys)
            await shop.ExecuteAsync($"INSERT INTO orders VALUES ({key}, 'new-{key}')");
    }

    private async Task<JsonElement> OnlyAsync(string consumer, string query, string key)
    {
        var message = Assert.Single(await SeesAsync(consumer, query, 1));
        Assert.Equal(key, Key(message));
        return message;
    }

    // The consumer reads ahead by itself; how soon, is not what is tested.
    private async Task<List<JsonElement>> SeesAsync(string consumer, string query, int count)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            var page = await shop.GetAsync($"/api/consumers/{consumer}/messages?{query}");
            if (page.GetProperty("data").GetArrayLength() == count)
                return [.. page.GetProperty("data").EnumerateArray()];
            Assert.False(limit.IsCancellationRequested, $"{count} messages were expected of '{query}', not: {page}");
        }
    }

    private static int Deliveries(JsonElement message) => message.GetProperty("delivery_count").GetInt32();

    private static string Key(JsonElement message) =>
        message.GetProperty("data").GetProperty("metadata").GetProperty("record_pks")[0].GetString()!;
}
