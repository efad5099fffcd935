using System.Text.Json;

namespace Sequin.Server.Tests.Consumers;

public sealed class ConsumerStatusTests(Shop shop) : IClassFixture<Shop>
{
    [Fact]
    public async Task An_idle_consumer_has_no_lag_and_nothing_holds_it_up()
    {
        var consumer = await shop.ConsumeAsync();

        var status = await shop.GetAsync($"/api/sinks/{consumer}/status");

        Assert.Equal("""{"messages":0,"seconds":0}""", status.GetProperty("lag").GetRawText());
        foreach (var count in new[] { "in_flight", "ready", "delayed", "blocked", "unfinished", "dead_letters", "waiting_receives" })
            Assert.Equal(0, status.GetProperty(count).GetInt32());
        Assert.Equal(JsonValueKind.Null, status.GetProperty("oldest_unfinished_age_seconds").ValueKind);
        Assert.Equal("[]", status.GetProperty("blocked_groups").GetRawText());
        Assert.Equal(JsonValueKind.Null, status.GetProperty("not_delivering").ValueKind);
    }

    [Fact]
    public async Task What_messages_do_is_counted_and_the_group_that_waits_is_named()
    {
        var consumer = await shop.ConsumeAsync();
        await shop.ExecuteAsync("INSERT INTO orders VALUES (11, 'a'); UPDATE orders SET status = 'b' WHERE id = 11;"
            + "UPDATE orders SET status = 'c' WHERE id = 11; INSERT INTO orders VALUES (12, 'a'); INSERT INTO orders VALUES (13, 'a')");
        var head = Assert.Single(await shop.ReceiveAsync(consumer, batchSize: 1));
        var delayed = Assert.Single(await shop.ReceiveAsync(consumer, batchSize: 1));
        await shop.SettleAsync(consumer, "nack", [delayed], ",\"delay\":\"1h\"");

        var status = await shop.StatusAsync(consumer, status => status.GetProperty("unfinished").GetInt32() == 5);

        Assert.Equal((1, 1), (status.GetProperty("in_flight").GetInt32(), status.GetProperty("delayed").GetInt32()));
        Assert.Equal(3, status.GetProperty("ready").GetInt32() + status.GetProperty("blocked").GetInt32());
        Assert.Equal(5, status.GetProperty("lag").GetProperty("messages").GetInt32());
        Assert.InRange(status.GetProperty("lag").GetProperty("seconds").GetDouble(), 0, 120);
        Assert.InRange(status.GetProperty("oldest_unfinished_age_seconds").GetDouble(), 0, 120);
        var group = Assert.Single(status.GetProperty("blocked_groups").EnumerateArray());
        Assert.Equal(2, group.GetProperty("waiting").GetInt32());
        Assert.Equal(head.GetProperty("offset").GetInt64(), group.GetProperty("head_offset").GetInt64());
        Assert.Equal("in_flight", group.GetProperty("state").GetString());
        Assert.Equal("public.orders", group.GetProperty("table").GetString());
        Assert.Equal("""["11"]""", group.GetProperty("record_pks").GetRawText());
    }

    [Theory]
    [InlineData("\"status\":\"paused\"", "paused")]
    [InlineData("\"status\":\"disabled\"", "disabled")]
    [InlineData("\"max_ack_pending\":1", "max_ack_pending")]
    public async Task What_holds_a_consumer_up_is_told_with_the_next_step_and_is_in_its_health(string settings, string reason)
    {
        var consumer = await shop.ConsumeAsync(settings);
        await shop.ExecuteAsync("DELETE FROM orders; INSERT INTO orders VALUES (21, 'a'), (22, 'a')");
        if (reason == "max_ack_pending")
            Assert.Single(await shop.ReceiveAsync(consumer, batchSize: 1));

        var held = (await shop.StatusAsync(consumer, status => status.GetProperty("not_delivering").ValueKind == JsonValueKind.Object))
            .GetProperty("not_delivering");

        Assert.Equal(reason, held.GetProperty("reason").GetString());
        Assert.Contains(reason == "max_ack_pending" ? "raise it" : "\"status\":\"active\"", held.GetProperty("detail").GetString());
        var health = (await shop.GetAsync($"/api/consumers/{consumer}")).GetProperty("health");
        var delivery = health.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("name").GetString() == "Delivery");
        Assert.Equal("warning", delivery.GetProperty("status").GetString());
        Assert.Equal(held.GetProperty("detail").GetString(), delivery.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Group_columns_that_no_longer_come_are_an_error_of_its_health_with_the_fix()
    {
        await shop.ExecuteAsync("CREATE TABLE lines (id int PRIMARY KEY, customer int); ALTER TABLE lines REPLICA IDENTITY FULL");
        await shop.ExecuteAsync("ALTER PUBLICATION pub ADD TABLE lines");
        var consumer = await shop.ConsumeAsync("\"tables\":[{\"name\":\"lines\",\"group_column_names\":[\"customer\"]}]");

        await shop.ExecuteAsync("ALTER TABLE lines REPLICA IDENTITY DEFAULT; INSERT INTO lines VALUES (1, 7); DELETE FROM lines");
        await shop.ReceiveAllAsync(consumer, 2);

        var health = (await shop.GetAsync($"/api/consumers/{consumer}")).GetProperty("health");
        var grouping = health.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("name").GetString() == "Grouping");
        Assert.Equal(("error", "error"), (grouping.GetProperty("status").GetString(), health.GetProperty("status").GetString()));
        Assert.Contains("REPLICA IDENTITY FULL", grouping.GetProperty("error").GetString());
        Assert.Contains("public.lines", grouping.GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_consumer_that_is_not_there_has_no_status() =>
        (await shop.Api.GetAsync("/api/consumers/nobody/status")).IsProblem(404).Says("nobody");
}
