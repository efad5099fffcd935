using System.Text.Json;

namespace Sequin.Server.Tests.Consumers;

/// <summary>What receivers rely on, through HTTP; the rules themselves are tested on the window.</summary>
public sealed class LeaseTests(Shop shop) : IClassFixture<Shop>
{
    // All tests write into one table.
    private readonly long _firstId = Random.Shared.NextInt64(1L << 40) << 16;

    [Fact]
    public async Task A_request_id_gets_the_same_messages_again_until_they_are_finished()
    {
        var consumer = await ConsumeAsync(rows: 3);
        var first = await ReceiveAsync(consumer, more: ""","request_id":"r1" """);
        Assert.Equal(3, first.Count);

        Assert.Equal(Receipts(first), Receipts(await ReceiveAsync(consumer, more: ""","request_id":"r1" """)));
        Assert.Empty(await ReceiveAsync(consumer, wait: "0", more: ""","request_id":"r2" """));
        Assert.Equal(["acked"], await SettleAsync(consumer, "ack", first[..1]));
        Assert.Equal(Receipts(first)[1..], Receipts(await ReceiveAsync(consumer, more: ""","request_id":"r1" """)));
        Assert.Equal(["acked", "acked"], await SettleAsync(consumer, "ack", first[1..]));
        Assert.Empty(await ReceiveAsync(consumer, wait: "0", more: ""","request_id":"r1" """));
    }

    [Fact]
    public async Task What_is_acked_with_the_answer_does_not_come_again()
    {
        var consumer = await ConsumeAsync(rows: 2, settings: "\"visibility_timeout_ms\":500");

        var received = await ReceiveAsync(consumer, more: ""","auto_ack":true""");

        Assert.Equal(2, received.Count);
        Assert.Empty(await ReceiveAsync(consumer, wait: "1s"));
        Assert.Equal(["already_acked", "already_acked"], await SettleAsync(consumer, "ack", received));
    }

    [Fact]
    public async Task An_extended_lease_outlives_its_first_end()
    {
        var consumer = await ConsumeAsync(rows: 2, settings: "\"visibility_timeout_ms\":1000");
        var received = await ReceiveAsync(consumer);

        Assert.Equal(["extended"], await SettleAsync(consumer, "extend", received[..1], ""","visibility_timeout":"1m" """));

        var again = Assert.Single(await ReceiveAsync(consumer));
        Assert.Equal(received[1].GetProperty("offset").GetInt64(), again.GetProperty("offset").GetInt64());
        Assert.Equal(["acked"], await SettleAsync(consumer, "ack", received[..1]));
        Assert.Equal(["stale", "unknown"], [
            .. await SettleAsync(consumer, "extend", received[1..]),
            .. await SettleAsync(await ConsumeAsync(rows: 0), "extend", received[1..])]);
    }

    [Fact]
    public async Task A_nack_takes_back_the_later_ones_of_its_group_and_batch()
    {
        var consumer = await ConsumeAsync(rows: 0);
        await shop.ExecuteAsync($"""
            INSERT INTO orders VALUES ({Id(1)}, 'a'); UPDATE orders SET status = 'b' WHERE id = {Id(1)};
            UPDATE orders SET status = 'c' WHERE id = {Id(1)};
            """);
        var batch = await AllAsync(consumer, 3);

        Assert.Equal(["acked"], await SettleAsync(consumer, "ack", batch[..1]));
        Assert.Equal(["nacked"], await SettleAsync(consumer, "nack", batch[1..2]));
        Assert.Equal(["stale"], await SettleAsync(consumer, "ack", batch[2..]));

        Assert.Equal(["b", "c"], (await AllAsync(consumer, 2)).Select(Status));
    }

    [Fact]
    public async Task A_row_that_changes_its_key_is_overtaken_by_neither()
    {
        var consumer = await ConsumeAsync(rows: 0);
        await shop.ExecuteAsync($"""
            INSERT INTO orders VALUES ({Id(2)}, 'old key'); UPDATE orders SET id = {Id(3)}, status = 'moved' WHERE id = {Id(2)};
            UPDATE orders SET status = 'new key' WHERE id = {Id(3)}; INSERT INTO orders VALUES ({Id(2)}, 'old key again');
            """);

        Assert.Equal("old key", await ReceiveAndAckAsync(consumer));
        Assert.Equal("moved", await ReceiveAndAckAsync(consumer));
        var last = new[] { await ReceiveAndAckAsync(consumer), await ReceiveAndAckAsync(consumer) };
        Assert.Equal(["new key", "old key again"], last.Order());
    }

    [Fact]
    public async Task A_message_whose_last_lease_expires_is_dead_before_anybody_asks()
    {
        var consumer = await ConsumeAsync(rows: 1, settings: "\"visibility_timeout_ms\":500,\"max_retry_count\":1");
        Assert.Single(await ReceiveAsync(consumer));

        JsonElement letters;
        do
            letters = await shop.GetAsync($"/api/consumers/{consumer}/dead_letters");
        while (letters.GetProperty("data").GetArrayLength() == 0);

        var letter = letters.GetProperty("data")[0];
        Assert.Equal(("expired", 1), (letter.GetProperty("reason").GetString(), letter.GetProperty("delivery_count").GetInt32()));
        Assert.Empty(await ReceiveAsync(consumer, wait: "0"));
    }

    [Theory]
    [InlineData("""{"message_grouping":false}""")]
    [InlineData("""{"max_ack_pending":1,"visibility_timeout_ms":500,"max_retry_count":9}""")]
    [InlineData("""{"actions":["delete"],"status":"paused"}""")]
    public async Task Other_settings_take_no_lease_away(string settings)
    {
        var consumer = await ConsumeAsync(rows: 3);
        var received = await ReceiveAsync(consumer, more: ""","request_id":"r" """);

        (await shop.Api.PatchAsync($"/api/consumers/{consumer}", settings)).Is(200);

        Assert.Empty(await ReceiveAsync(consumer, wait: "600ms"));
        Assert.Equal(["acked", "acked", "acked"], await SettleAsync(consumer, "ack", received));
    }

    [Fact]
    public async Task A_waiting_receive_lives_through_a_change_of_settings()
    {
        var consumer = await ConsumeAsync(rows: 0);
        var waiting = ReceiveAsync(consumer, wait: "60s");
        while ((await shop.GetAsync($"/api/consumers/{consumer}/status")).GetProperty("waiting_receives").GetInt32() == 0)
        {
            // Until it waits.
        }

        (await shop.Api.PatchAsync($"/api/consumers/{consumer}", """{"message_grouping":false}""")).Is(200);
        await InsertAsync(1);

        Assert.Single(await waiting);
    }

    [Fact]
    public async Task Past_max_waiting_the_next_that_would_wait_is_429()
    {
        var consumer = await ConsumeAsync(rows: 0, settings: "\"max_waiting\":1");
        var waiting = ReceiveAsync(consumer, wait: "60s");
        while ((await shop.GetAsync($"/api/consumers/{consumer}/status")).GetProperty("waiting_receives").GetInt32() == 0)
        {
            // Until it waits.
        }

        var refused = await shop.Api.PostAsync($"/api/consumers/{consumer}/receive", """{"wait_for":"1s"}""");

        Assert.NotNull(refused.IsProblem(429).RetryAfter);
        Assert.Empty(await ReceiveAsync(consumer, wait: "0"));
        await InsertAsync(1);
        Assert.Single(await waiting);
    }

    [Fact]
    public async Task A_paused_consumer_says_so_and_a_disabled_one_refuses()
    {
        var consumer = await ConsumeAsync(rows: 1, settings: "\"status\":\"paused\"");

        var paused = await shop.Api.PostAsync($"/api/consumers/{consumer}/receive", """{"wait_for":"100ms"}""");
        Assert.Equal("paused", paused.Is(200).ConsumerStatus);
        Assert.Equal(0, paused.Json.GetProperty("data").GetArrayLength());

        (await shop.Api.PatchAsync($"/api/consumers/{consumer}", """{"status":"disabled"}""")).Is(200);
        (await shop.Api.PostAsync($"/api/consumers/{consumer}/receive", "{}")).IsProblem(409).Says("active");

        (await shop.Api.PatchAsync($"/api/consumers/{consumer}", """{"status":"active"}""")).Is(200);
        Assert.Single(await ReceiveAsync(consumer));
    }

    private async Task<string> ConsumeAsync(int rows, string settings = "")
    {
        var consumer = await shop.ConsumeAsync(settings);
        await InsertAsync(rows);
        return consumer;
    }

    private async Task InsertAsync(int rows)
    {
        // In one transaction, so that they come together.
        if (rows > 0)
            await shop.ExecuteAsync($"INSERT INTO orders SELECT n, 'new' FROM generate_series({Id(1000)}, {Id(999 + rows)}) n");
    }

    private long Id(int number) => _firstId + number;

    private Task<List<JsonElement>> ReceiveAsync(string consumer, string wait = "30s", string more = "") =>
        shop.ReceiveAsync(consumer, wait: wait, more: more);

    private Task<List<JsonElement>> AllAsync(string consumer, int count) => shop.ReceiveAllAsync(consumer, count);

    private async Task<string> ReceiveAndAckAsync(string consumer)
    {
        var received = Assert.Single(await shop.ReceiveAsync(consumer, batchSize: 1));
        await SettleAsync(consumer, "ack", [received]);
        return Status(received);
    }

    private async Task<List<string>> SettleAsync(string consumer, string call, IEnumerable<JsonElement> messages, string more = "")
    {
        var answer = await shop.Api.PostAsync(
            $"/api/consumers/{consumer}/{call}", $$$"""{"ack_ids":{{{JsonSerializer.Serialize(Receipts(messages))}}}{{{more}}}}""");
        return [.. answer.Is(200).Json.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("status").GetString()!)];
    }

    private static string[] Receipts(IEnumerable<JsonElement> messages) =>
        [.. messages.Select(message => message.GetProperty("ack_id").GetString()!)];

    private static string Status(JsonElement message) =>
        message.GetProperty("data").GetProperty("record").GetProperty("status").GetString()!;
}
