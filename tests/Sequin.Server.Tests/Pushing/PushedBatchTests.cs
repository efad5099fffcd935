namespace Sequin.Server.Tests.Pushing;

/// <summary>When a batch goes out, in which form, and signed with what.</summary>
public sealed class PushedBatchTests(PushServer server) : IClassFixture<PushServer>
{
    private const string Endpoints = "/api/destinations/http_endpoints";
    private readonly long _id = Random.Shared.NextInt64(1L << 40) << 8;

    [Fact]
    public async Task A_batch_that_is_not_full_waits_for_more_and_a_full_one_does_not()
    {
        await using var hook = await Hook.StartAsync(_ => 200);
        var consumer = await server.PushAsync(hook, "\"batch_size\":4,\"batch_timeout_ms\":3000");
        var begun = TimeProvider.System.GetTimestamp();
        await server.ExecuteAsync($"INSERT INTO orders VALUES ({_id + 1}, 'a')");
        await server.ExecuteAsync($"INSERT INTO orders VALUES ({_id + 2}, 'b')");

        Assert.Equal(["a", "b"], (await hook.NextAsync()).Statuses);
        Assert.True(TimeProvider.System.GetElapsedTime(begun) >= TimeSpan.FromSeconds(2.9), "It did not wait.");

        begun = TimeProvider.System.GetTimestamp();
        await server.ExecuteAsync($"INSERT INTO orders SELECT {_id} + 10 + i, i::text FROM generate_series(1, 4) i");
        Assert.Equal(["1", "2", "3", "4"], (await hook.NextAsync()).Statuses);
        Assert.True(TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromSeconds(2.9), "It waited.");
        await server.DrainedAsync(consumer);
        await server.EndAsync(consumer);
    }

    [Fact]
    public async Task Messages_of_one_row_fill_a_batch_too()
    {
        await using var hook = await Hook.StartAsync(_ => 200);
        var consumer = await server.PushAsync(hook, "\"batch_size\":3,\"batch_timeout_ms\":60000");
        await server.ExecuteAsync(
            $"INSERT INTO orders VALUES ({_id}, '0'); UPDATE orders SET status = '1' WHERE id = {_id}; "
            + $"UPDATE orders SET status = '2' WHERE id = {_id}");

        Assert.Equal(["0", "1", "2"], (await hook.NextAsync()).Statuses);
        await server.EndAsync(consumer);
    }

    [Fact]
    public async Task A_compressed_batch_is_signed_as_it_is_sent()
    {
        await using var hook = await Hook.StartAsync(_ => 200);
        const string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        var endpoint = await server.AddEndpointAsync(
            hook.Url, $"\"signing_secret\":\"{secret}\",\"headers\":{{\"content-encoding\":\"gzip\"}}");
        var consumer = await server.PushAsync(endpoint, "\"batch_size\":10");
        await server.ExecuteAsync($"INSERT INTO orders SELECT {_id} + i, repeat('x', 1000) FROM generate_series(1, 10) i");

        var pushed = await hook.NextAsync();

        Assert.True(pushed.IsCompressed);
        Assert.Equal(10, pushed.Messages.Count);
        Assert.InRange(pushed.Body.Length, 1, 5000);
        Assert.True(pushed.IsSignedWith(secret));
        await server.DrainedAsync(consumer);
        await server.EndAsync(consumer);
    }

    [Fact]
    public async Task A_rotated_secret_signs_without_a_restart_and_the_former_one_too_while_it_is_kept()
    {
        string? wanted = null;
        await using var hook = await Hook.StartAsync(
            pushed => Volatile.Read(ref wanted) is { } secret && pushed.IsSignedWith(secret) ? 200 : 500);
        const string former = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        var endpoint = await server.AddEndpointAsync(hook.Url, $"\"signing_secret\":\"{former}\"");
        var consumer = await server.PushAsync(endpoint);
        await server.ExecuteAsync($"INSERT INTO orders VALUES ({_id}, 'new')");
        Assert.True((await hook.NextAsync()).IsSignedWith(former));

        var rotated = (await server.Api.PostAsync($"{Endpoints}/{endpoint}/rotate_secret", """{"keep_former_for":"1h"}""")).Is(200);
        Volatile.Write(ref wanted, rotated.Text("signing_secret"));

        var pushed = await hook.NextAsync();
        while (!pushed.IsSignedWith(wanted!))
            pushed = await hook.NextAsync();
        Assert.True(pushed.IsSignedWith(former));
        await server.DrainedAsync(consumer);
        await server.EndAsync(consumer);
    }

    [Fact]
    public async Task A_request_under_way_ends_where_it_began_and_later_ones_go_to_the_new_address()
    {
        var mayAnswer = new TaskCompletionSource();
        await using var former = await Hook.StartAsync(async (context, pushed) =>
        {
            if (pushed.Statuses.Contains("first"))
                await mayAnswer.Task;
            else
                context.Response.StatusCode = 503;
        });
        await using var present = await Hook.StartAsync(_ => 200);
        var endpoint = await server.AddEndpointAsync(former.Url);
        var consumer = await server.PushAsync(endpoint, "\"concurrency\":2");
        await server.ExecuteAsync($"INSERT INTO orders VALUES ({_id + 1}, 'first')");
        Assert.Equal(["first"], (await former.NextAsync()).Statuses);

        (await server.Api.PatchAsync($"{Endpoints}/{endpoint}", $$"""{"url":"{{present.Url}}"}""")).Is(200);
        await server.ExecuteAsync($"INSERT INTO orders VALUES ({_id + 2}, 'second')");
        Assert.Equal(["second"], (await present.NextAsync()).Statuses);
        mayAnswer.SetResult();

        await server.DrainedAsync(consumer);
        Assert.False(present.HasMore);
        await server.EndAsync(consumer);
    }

    [Fact]
    public async Task An_endpoint_is_tested_with_a_message_of_a_consumer_which_is_none_the_wiser()
    {
        await using var hook = await Hook.StartAsync(_ => 200);
        var consumer = await server.PushAsync(hook, destination: "\"http_endpoint_path\":\"/orders\",\"batch\":false");
        var shown = await server.GetAsync($"/api/consumers/{consumer}");
        var test = $"{Endpoints}/{shown.GetProperty("destination").GetProperty("http_endpoint").GetString()}/test";
        (await server.Api.PostAsync(test, $$"""{"consumer":"{{consumer}}"}""")).IsProblem(422).Says("no message");
        await server.ExecuteAsync($"INSERT INTO orders VALUES ({_id}, 'real')");
        var real = await hook.NextAsync();
        await server.DrainedAsync(consumer);
        var offset = Assert.Single(await server.AttemptsAsync(consumer)).GetProperty("offsets")[0].GetInt64();

        foreach (var which in new[] { "", $",\"offset\":{offset}" })
        {
            (await server.Api.PostAsync(test, $$"""{"consumer":"{{consumer}}"{{which}}}""")).Is(200);
            var tested = await hook.NextAsync();
            Assert.Equal(("/orders", 1, false), (tested.Path, tested.Attempt, tested.IsBatch));
            Assert.Equal(real.Body, tested.Body);
            Assert.NotEqual(real.Id, tested.Id);
        }

        var beyond = offset + 1_000_000;
        (await server.Api.PostAsync(test, $$"""{"consumer":"{{consumer}}","offset":{{beyond}}}""")).IsProblem(422).Says("no message at");
        (await server.Api.PostAsync(test, """{"consumer":"nobody"}""")).IsProblem(422).Says("nobody");
        (await server.Api.PostAsync(test, """{"offset":1}""")).IsProblem(422).Says("consumer");
        Assert.Single(await server.AttemptsAsync(consumer));
        await server.EndAsync(consumer);
    }
}
