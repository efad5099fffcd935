using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Sequin.Server.Tests.Pushing;

/// <summary>Receivers that do at the first attempt what no receiver should: what a consumer makes of it, to the end.</summary>
public sealed class MisbehavingReceiverTests(PushServer server) : IClassFixture<PushServer>
{
    private readonly long _id = Random.Shared.NextInt64(1L << 40);

    public enum First
    {
        Error,
        Redirect,
        Never,
        HalfABody,
        HangsUpWhenDone,
    }

    [Theory]
    [InlineData(First.Error, 500, "answered 500")]
    [InlineData(First.Redirect, 301, "redirects are not followed")]
    [InlineData(First.Never, null, "No answer in time")]
    [InlineData(First.HalfABody, 200, "did not arrive whole")]
    [InlineData(First.HangsUpWhenDone, null, "ended before the answer")]
    public async Task What_did_not_arrive_comes_once_more_under_the_same_id_and_as_the_next_attempt(First first, int? status, string error)
    {
        await using var hook = await Hook.StartAsync(
            (context, pushed) => pushed.Attempt == 1 ? MisbehaveAsync(first, context) : Task.CompletedTask);
        var consumer = await server.PushAsync(hook, "\"request_timeout_ms\":1000");
        await server.ExecuteAsync($"INSERT INTO orders VALUES ({_id}, 'new')");

        var (one, two) = (await hook.NextAsync(), await hook.NextAsync());

        Assert.Equal((one.Id, one.Path, 1, 2), (two.Id, two.Path, one.Attempt, two.Attempt));
        Assert.Equal(Pushed.KeyOf(one.Messages[0]), Pushed.KeyOf(two.Messages[0]));
        await server.DrainedAsync(consumer);
        Assert.False(hook.HasMore);
        var attempts = await server.AttemptsAsync(consumer);
        Assert.Equal([2, 1], attempts.Select(attempt => attempt.GetProperty("attempt").GetInt32()));
        Assert.Equal(JsonValueKind.Null, attempts[0].GetProperty("error").ValueKind);
        Assert.Contains(error, attempts[1].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(status, attempts[1].GetProperty("status").Deserialize<int?>());
        await server.EndAsync(consumer);
    }

    [Fact]
    public async Task A_gigabyte_of_answer_is_a_success_of_which_the_beginning_is_kept()
    {
        var hungUp = new TaskCompletionSource();
        await using var hook = await Hook.StartAsync(async (context, _) =>
        {
            using var noticing = context.RequestAborted.Register(hungUp.SetResult);
            var chunk = Encoding.ASCII.GetBytes(new string('x', 64 * 1024));
            context.Response.ContentLength = 1L << 30;
            // Bytes written after the other side is gone go nowhere, so how many there were says nothing.
            for (var written = 0L; written < 1L << 30; written += chunk.Length)
                await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
            await hungUp.Task;
        });
        var consumer = await server.PushAsync(hook);
        await server.ExecuteAsync($"INSERT INTO orders VALUES ({_id}, 'new')");

        await hook.NextAsync();
        await server.DrainedAsync(consumer);

        Assert.False(hook.HasMore);
        await hungUp.Task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        var attempt = Assert.Single(await server.AttemptsAsync(consumer));
        Assert.Equal(4096, attempt.GetProperty("answer").GetString()!.Length);
        await server.EndAsync(consumer);
    }

    [Fact]
    public async Task A_header_without_end_is_no_answer()
    {
        var connections = 0;
        await using var hook = await Hook.StartAsync((_, _) => Task.CompletedTask, listen => listen.Use(next => connection =>
            Interlocked.Increment(ref connections) == 1 ? WriteHeaderAsync(connection) : next(connection)));
        var consumer = await server.PushAsync(hook);
        await server.ExecuteAsync($"INSERT INTO orders VALUES ({_id}, 'new')");

        Assert.Equal(2, (await hook.NextAsync()).Attempt);

        await server.DrainedAsync(consumer);
        var attempt = (await server.AttemptsAsync(consumer))[1];
        Assert.Contains("headers are larger", attempt.GetProperty("error").GetString(), StringComparison.Ordinal);
        await server.EndAsync(consumer);
    }

    [Fact]
    public async Task A_receiver_whose_certificate_nobody_trusts_gets_nothing_until_the_endpoint_names_another()
    {
        using var certificate = SelfSigned.Create();
        await using var untrusted = await Hook.StartAsync((_, _) => Task.CompletedTask, listen => listen.UseHttps(certificate));
        await using var trusted = await Hook.StartAsync(_ => 200);
        var endpoint = await server.AddEndpointAsync(untrusted.Url);
        var consumer = await server.PushAsync(endpoint);
        await server.ExecuteAsync($"INSERT INTO orders VALUES ({_id}, 'new')");
        var attempts = await server.UntilAsync(
            $"/api/consumers/{consumer}/attempts", answer => answer.GetProperty("data").GetArrayLength() > 0);
        Assert.Contains("certificate", attempts.GetProperty("data")[0].GetProperty("error").GetString(), StringComparison.Ordinal);

        (await server.Api.PatchAsync($"/api/destinations/http_endpoints/{endpoint}", $$"""{"url":"{{trusted.Url}}"}""")).Is(200);

        Assert.True((await trusted.NextAsync()).Attempt > 1);
        await server.DrainedAsync(consumer);
        Assert.False(untrusted.HasMore);
        await server.EndAsync(consumer);
    }

    private static async Task MisbehaveAsync(First first, HttpContext context)
    {
        switch (first)
        {
            case First.Error:
                context.Response.StatusCode = 500;
                break;
            case First.Redirect:
                (context.Response.StatusCode, context.Response.Headers.Location) = (301, "/elsewhere");
                break;
            case First.Never:
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
                break;
            case First.HalfABody:
                // Of an answer that is too short, the receiver's server sends what there is, and closes.
                context.Response.ContentLength = 100;
                await context.Response.WriteAsync("half", context.RequestAborted);
                break;
            default:
                context.Abort();
                break;
        }
    }

    private static async Task WriteHeaderAsync(ConnectionContext connection)
    {
        var output = connection.Transport.Output;
        var line = Encoding.ASCII.GetBytes(new string('x', 64 * 1024));
        await output.WriteAsync("HTTP/1.1 200 OK\r\nx-endless: "u8.ToArray());
        while (!connection.ConnectionClosed.IsCancellationRequested && !(await output.WriteAsync(line)).IsCompleted)
        {
            // Until the other side has had enough.
        }
    }
}
