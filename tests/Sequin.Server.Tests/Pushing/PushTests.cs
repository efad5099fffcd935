using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Sequin.Server.Tests.Pushing;

/// <summary>Consumers that push, from the row in the source to the receiver's answer and what it does.</summary>
public sealed class PushTests(PushServer server) : IClassFixture<PushServer>
{
    // All tests write into one table.
    private readonly long _firstId = Random.Shared.NextInt64(1L << 40) << 16;

    [Fact]
    public async Task A_change_is_pushed_and_finished()
    {
        await using var hook = await Hook.StartAsync(_ => 200);
        var consumer = await server.PushAsync(hook, destination: "\"http_endpoint_path\":\"/orders\"");
        await server.ExecuteAsync($"INSERT INTO orders VALUES ({Id(1)}, 'new')");

        var pushed = await hook.NextAsync();

        Assert.Equal(("/orders", 1, true), (pushed.Path, pushed.Attempt, pushed.IsBatch));
        var message = Assert.Single(pushed.Messages);
        Assert.Equal(Id(1), message.GetProperty("record").GetProperty("id").GetInt64());
        Assert.Equal(consumer, message.GetProperty("metadata").GetProperty("consumer").GetProperty("name").GetString());
        await server.DrainedAsync(consumer);
        Assert.False(hook.HasMore);
        await server.EndAsync(consumer);
    }

    [Fact]
    public async Task Messages_of_a_key_come_in_order_however_many_requests_run_and_fail()
    {
        var seen = new ConcurrentDictionary<long, List<int>>();
        await using var hook = await Hook.StartAsync(pushed =>
        {
            if (pushed.Attempt == 1 && Random.Shared.Next(10) == 0)
                return 500;
            foreach (var message in pushed.Messages)
            {
                var record = message.GetProperty("record");
                var versions = seen.GetOrAdd(record.GetProperty("id").GetInt64(), _ => []);
                lock (versions)
                    versions.Add(int.Parse(record.GetProperty("status").GetString()!, null));
            }

            return 200;
        });
        var consumer = await server.PushAsync(hook, "\"concurrency\":16,\"batch_size\":5");
        await server.ExecuteAsync($"INSERT INTO orders SELECT {_firstId} + 1000 + i, '0' FROM generate_series(1, 20) i");
        for (var version = 1; version <= 10; version++)
            await server.ExecuteAsync($"UPDATE orders SET status = '{version}' WHERE id > {_firstId} + 1000 AND id <= {_firstId} + 1020");

        await server.DrainedAsync(consumer, () => seen.Values.Sum(versions => versions.Count) >= 220);

        Assert.Equal(20, seen.Count);
        Assert.All(seen.Values, versions => Assert.Equal(Enumerable.Range(0, 11), versions));
        await server.EndAsync(consumer);
    }

    [Fact]
    public async Task A_receiver_that_asks_for_time_gets_it()
    {
        await using var hook = await Hook.StartAsync((context, pushed) =>
        {
            if (pushed.Attempt == 1)
                (context.Response.StatusCode, context.Response.Headers.RetryAfter) = (429, "1");
            return Task.CompletedTask;
        });
        var consumer = await server.PushAsync(hook, destination: "\"batch\":false");
        await server.ExecuteAsync($"INSERT INTO orders VALUES ({Id(2)}, 'new')");

        var first = await hook.NextAsync();
        var since = TimeProvider.System.GetTimestamp();
        var second = await hook.NextAsync();

        Assert.True(TimeProvider.System.GetElapsedTime(since) > TimeSpan.FromSeconds(0.9), "It came too early.");
        Assert.Equal((first.Id, 2), (second.Id, second.Attempt));
        Assert.False(second.IsBatch);
        await server.DrainedAsync(consumer);
        var attempts = await server.AttemptsAsync(consumer);
        Assert.Equal([200, 429], attempts.Select(attempt => attempt.GetProperty("status").GetInt32()));
        var offset = attempts[0].GetProperty("offsets")[0].GetInt64();
        Assert.Equal(2, (await server.AttemptsAsync(consumer, $"?offset={offset}")).Length);
        Assert.Empty(await server.AttemptsAsync(consumer, $"?offset=1{offset}"));
        await server.EndAsync(consumer);
    }

    [Fact]
    public async Task A_receiver_that_takes_a_message_and_hangs_up_gets_it_again_under_the_same_id()
    {
        await using var hook = await Hook.StartAsync((context, pushed) =>
        {
            if (pushed.Attempt == 1)
                context.Abort();
            return Task.CompletedTask;
        });
        var consumer = await server.PushAsync(hook);
        await server.ExecuteAsync($"INSERT INTO orders VALUES ({Id(3)}, 'new')");

        var first = await hook.NextAsync();
        var second = await hook.NextAsync();

        Assert.Equal((first.Id, 1, 2), (second.Id, first.Attempt, second.Attempt));
        await server.DrainedAsync(consumer);
        await server.EndAsync(consumer);
    }

    [Fact]
    public async Task A_receiver_that_is_gone_pauses_the_consumer_until_somebody_lets_it_go_on()
    {
        var isGone = true;
        await using var hook = await Hook.StartAsync(_ => Volatile.Read(ref isGone) ? 410 : 200);
        var consumer = await server.PushAsync(hook, "\"max_retry_count\":1");
        await server.ExecuteAsync($"INSERT INTO orders VALUES ({Id(4)}, 'new')");
        await hook.NextAsync();

        await server.UntilAsync($"/api/consumers/{consumer}", answer => answer.GetProperty("status").GetString() == "paused");
        var status = await server.UntilAsync(
            $"/api/consumers/{consumer}/status", answer => answer.GetProperty("not_delivering").ValueKind == JsonValueKind.Object);
        Assert.Contains("410", status.GetProperty("not_delivering").GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, status.GetProperty("dead_letters").GetInt64());

        Volatile.Write(ref isGone, false);
        (await server.Api.PatchAsync($"/api/consumers/{consumer}", """{"status":"active"}""")).Is(200);
        await hook.NextAsync();
        await server.DrainedAsync(consumer);
        await server.EndAsync(consumer);
    }

    [Fact]
    public async Task A_receiver_tells_messages_of_a_batch_apart()
    {
        await using var hook = await Hook.StartAsync(async (context, pushed) =>
        {
            var results = pushed.Messages.Select(message => new
            {
                idempotency_key = Pushed.KeyOf(message),
                status = message.GetProperty("record").GetProperty("status").GetString() switch
                {
                    "again" when pushed.Attempt == 1 => "retry",
                    "hopeless" => "dead",
                    _ => "ok",
                },
            });
            await context.Response.WriteAsJsonAsync(new { results });
        });
        var consumer = await server.PushAsync(hook, "\"batch_size\":10,\"concurrency\":1");
        await server.ExecuteAsync($"INSERT INTO orders VALUES ({Id(5)}, 'fine'), ({Id(6)}, 'again'), ({Id(7)}, 'hopeless')");

        Assert.Equal(["again", "fine", "hopeless"], (await hook.NextAsync()).Statuses.Order());
        var second = await hook.NextAsync();

        Assert.Equal(["again"], second.Statuses);
        Assert.Equal(2, second.Attempt);
        await server.DrainedAsync(consumer);
        var letter = Assert.Single((await server.GetAsync($"/api/consumers/{consumer}/dead_letters")).GetProperty("data").EnumerateArray());
        Assert.Equal("The receiver declared it dead.", letter.GetProperty("last_error").GetString());
        Assert.False(hook.HasMore);
        await server.EndAsync(consumer);
    }

    [Fact]
    public async Task A_message_that_is_refused_too_often_becomes_a_dead_letter_and_its_key_goes_on()
    {
        await using var hook = await Hook.StartAsync(pushed => pushed.Statuses.Contains("poison") ? 500 : 200);
        var consumer = await server.PushAsync(hook, "\"max_retry_count\":2");
        await server.ExecuteAsync($"INSERT INTO orders VALUES ({Id(8)}, 'poison')");
        await server.ExecuteAsync($"UPDATE orders SET status = 'cured' WHERE id = {Id(8)}");

        Assert.Equal(1, (await hook.NextAsync()).Attempt);
        Assert.Equal(2, (await hook.NextAsync()).Attempt);
        Assert.Equal(["cured"], (await hook.NextAsync()).Statuses);
        await server.DrainedAsync(consumer);
        var letter = Assert.Single((await server.GetAsync($"/api/consumers/{consumer}/dead_letters")).GetProperty("data").EnumerateArray());
        Assert.Contains("500", letter.GetProperty("last_error").GetString(), StringComparison.Ordinal);
        await server.EndAsync(consumer);
    }

    [Fact]
    public async Task A_dead_and_a_slow_receiver_hold_up_nobody_else()
    {
        using var ending = new CancellationTokenSource();
        await using var slow = await Hook.StartAsync((_, _) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ending.Token)
            .ContinueWith(_ => { }, TaskScheduler.Default));
        var came = 0;
        await using var healthy = await Hook.StartAsync(pushed =>
        {
            Interlocked.Add(ref came, pushed.Messages.Count);
            return 200;
        });
        var dead = await Hook.StartAsync(_ => 200);
        var consumers = new List<string> { await server.PushAsync(slow, "\"concurrency\":2"), await server.PushAsync(dead) };
        await dead.DisposeAsync();
        for (var i = 0; i < 8; i++)
            consumers.Add(await server.PushAsync(healthy));

        await server.ExecuteAsync($"INSERT INTO orders SELECT {_firstId} + 2000 + i, 'new' FROM generate_series(1, 50) i");

        foreach (var consumer in consumers[2..])
            await server.DrainedAsync(consumer, () => Volatile.Read(ref came) >= 8 * 50);
        var open = await server.UntilAsync($"/api/consumers/{consumers[1]}/status",
            answer => answer.GetProperty("push").GetProperty("circuit").GetString() is "open" or "half_open");
        Assert.True(open.GetProperty("lag").GetProperty("messages").GetInt64() >= 50);
        var status = await server.GetAsync($"/api/consumers/{consumers[0]}/status");
        Assert.Equal(2, status.GetProperty("push").GetProperty("requests").GetInt32());
        await ending.CancelAsync();
        foreach (var consumer in consumers)
            await server.EndAsync(consumer);
    }

    private long Id(int number) => _firstId + number;
}
