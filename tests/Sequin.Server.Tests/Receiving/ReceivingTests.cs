using System.Diagnostics;
using System.Text.Json;
using Sequin.Server.Tests.Databases;
using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.Receiving;

public sealed class ReceivingTests(ApiServer server)
{
    [Fact]
    public async Task A_change_is_pulled_acked_and_does_not_come_back()
    {
        await using var source = await StartAsync();
        var consumer = await ConsumeAsync(source);
        await source.Database.ExecuteAsync("INSERT INTO orders VALUES (1, 'new')", TestContext.Current.CancellationToken);

        var message = Assert.Single(await PullAsync(consumer));

        var receipt = message.GetProperty("ack_id").GetString()!;
        Assert.Equal(receipt, message.GetProperty("ack_token").GetString());
        Assert.Equal(1, message.GetProperty("delivery_count").GetInt32());
        Assert.True(message.GetProperty("offset").GetInt64() >= 1);
        Assert.Equal("new", message.GetProperty("data").GetProperty("record").GetProperty("status").GetString());
        Assert.Equal(consumer, message.GetProperty("data").GetProperty("metadata").GetProperty("consumer").GetProperty("name").GetString());
        Assert.Equal("acked", await SettleAsync(consumer, "ack", receipt));
        Assert.Equal("already_acked", await SettleAsync(consumer, "ack", receipt));
        Assert.Equal("already_acked", await SettleAsync(consumer, "nack", receipt));
        Assert.Empty(await PullAsync(consumer, wait: "0"));
        await ForgetAsync(source, consumer);
    }

    [Fact]
    public async Task A_nacked_message_comes_again()
    {
        await using var source = await StartAsync();
        var consumer = await ConsumeAsync(source);
        await source.Database.ExecuteAsync("INSERT INTO orders VALUES (1, 'new')", TestContext.Current.CancellationToken);

        var first = Assert.Single(await PullAsync(consumer));
        Assert.Equal("nacked", await SettleAsync(consumer, "nack", first.GetProperty("ack_id").GetString()!));
        var second = Assert.Single(await PullAsync(consumer));

        Assert.Equal(2, second.GetProperty("delivery_count").GetInt32());
        Assert.Equal("stale", await SettleAsync(consumer, "ack", first.GetProperty("ack_id").GetString()!));
        Assert.Equal("unknown", await SettleAsync(consumer, "ack", "no-\\\"receipt\\u0001"));
        await ForgetAsync(source, consumer);
    }

    [Fact]
    public async Task A_consumer_begins_where_it_was_asked_to()
    {
        await using var source = await StartAsync();
        var first = await ConsumeAsync(source, "first");
        await source.Database.ExecuteAsync("INSERT INTO orders VALUES (1, 'old')", TestContext.Current.CancellationToken);
        Assert.Single(await PullAsync(first));

        var now = await ConsumeAsync(source, "now");
        var beginning = await ConsumeAsync(source, "beginning", "\"start\":\"beginning\",");
        Assert.Empty(await PullAsync(now, wait: "0"));
        Assert.Single(await PullAsync(beginning));
        await ForgetAsync(source, first, now, beginning);
    }

    [Fact]
    public async Task A_get_with_query_parameters_does_the_same()
    {
        await using var source = await StartAsync();
        var consumer = await ConsumeAsync(source);
        await source.Database.ExecuteAsync("INSERT INTO orders VALUES (1, 'new')", TestContext.Current.CancellationToken);

        var answer = (await server.Api.GetAsync($"/api/http_pull_consumers/{consumer}/receive?max_batch_size=10&wait_for=20s")).Is(200);

        Assert.Equal(1, answer.Json.GetProperty("data").GetArrayLength());
        Assert.Equal("application/json", answer.ContentType);
        await ForgetAsync(source, consumer);
    }

    [Fact]
    public async Task A_long_poll_is_answered_when_a_change_comes_and_not_before()
    {
        await using var source = await StartAsync();
        var consumer = await ConsumeAsync(source);
        var waiting = PullAsync(consumer, wait: "60s");
        Assert.False(waiting.IsCompleted);

        var started = Stopwatch.GetTimestamp();
        await source.Database.ExecuteAsync("INSERT INTO orders VALUES (1, 'new')", TestContext.Current.CancellationToken);

        Assert.Single(await waiting);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20), "The change woke nobody; the poll ran out.");
        await ForgetAsync(source, consumer);
    }

    [Fact]
    public async Task A_caller_that_hung_up_holds_no_message()
    {
        await using var source = await StartAsync();
        var consumer = await ConsumeAsync(source);
        using var hangUp = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/consumers/{consumer}/receive?wait_for=60s");
        var waiting = server.Api.Http.SendAsync(request, hangUp.Token);
        Assert.Empty(await PullAsync(consumer, wait: "100ms"));
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        await source.Database.ExecuteAsync("INSERT INTO orders VALUES (1, 'new')", TestContext.Current.CancellationToken);

        Assert.Single(await PullAsync(consumer, wait: "10s"));
        await ForgetAsync(source, consumer);
    }

    [Fact]
    public async Task A_consumer_that_was_made_anew_under_its_name_is_found()
    {
        await using var source = await StartAsync();
        var consumer = await ConsumeAsync(source);
        Assert.Empty(await PullAsync(consumer, wait: "0"));
        (await server.Api.DeleteAsync($"/api/sinks/{consumer}")).Is(200);
        (await server.Api.GetAsync($"/api/consumers/{consumer}/receive")).IsProblem(404);

        Assert.Equal(consumer, await ConsumeAsync(source));
        await source.Database.ExecuteAsync("INSERT INTO orders VALUES (1, 'new')", TestContext.Current.CancellationToken);

        Assert.Single(await PullAsync(consumer));
        await ForgetAsync(source, consumer);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1001")]
    [InlineData("\"x\"")]
    public async Task A_bad_batch_size_is_400(string value)
    {
        foreach (var prefix in new[] { "sequin_streams", "http_pull_consumers", "consumers" })
            (await server.Api.PostAsync($"/api/{prefix}/any/receive", $"{{\"batch_size\":{value}}}")).IsProblem(400).Says("from 1 to 1000");
    }

    private async Task<SourceDatabase> StartAsync()
    {
        var source = await SourceDatabase.CreateAsync();
        (await server.Api.PostAsync("/api/postgres_databases", source.Request())).Is(201);
        return source;
    }

    private async Task<string> ConsumeAsync(SourceDatabase source, string suffix = "c", string more = "")
    {
        var name = $"{source.Name}-{suffix}";
        (await server.Api.PostAsync("/api/sinks",
            $$$"""{"name":"{{{name}}}","database":"{{{source.Name}}}",{{{more}}}"destination":{"type":"sequin_stream"}}""")).Is(201);
        return name;
    }

    private async Task<List<JsonElement>> PullAsync(string consumer, string wait = "30s")
    {
        var answer = await server.Api.PostAsync($"/api/sequin_streams/{consumer}/receive", $$"""{"batch_size":10,"wait_for":"{{wait}}"}""");
        return [.. answer.Is(200).Json.GetProperty("data").EnumerateArray()];
    }

    private async Task<string> SettleAsync(string consumer, string call, string receipt)
    {
        var answer = await server.Api.PostAsync($"/api/consumers/{consumer}/{call}", $$"""{"ack_ids":["{{receipt}}"]}""");
        Assert.True(answer.Is(200).Json.GetProperty("success").GetBoolean());
        return answer.Json.GetProperty("results")[0].GetProperty("status").GetString()!;
    }

    private async Task ForgetAsync(SourceDatabase source, params string[] consumers)
    {
        foreach (var consumer in consumers)
            (await server.Api.DeleteAsync($"/api/sinks/{consumer}")).Is(200);
        (await server.Api.DeleteAsync($"/api/postgres_databases/{source.Name}")).Is(200);
    }
}
