using System.Text.Json;
using Sequin.Server.Tests.Consumers;

namespace Sequin.Server.Tests.DeadLetters;

/// <summary>Dead letters from the nack that makes one to the delivery after its redrive.</summary>
public sealed class DeadLetterTests(Shop shop) : IClassFixture<Shop>
{
    private const string DiesAtOnce = "\"max_retry_count\":1";

    [Fact]
    public async Task A_message_that_is_given_up_is_listed_with_its_error_and_shown_as_it_was_delivered()
    {
        var consumer = await shop.ConsumeAsync(DiesAtOnce);
        var message = (await KillAsync(consumer, 101, reason: "no room"))[0];

        var letter = Assert.Single(await ListAsync(consumer));

        Assert.Equal(message.GetProperty("offset").GetInt64(), letter.GetProperty("offset").GetInt64());
        Assert.Equal(("public.orders", "insert"), (letter.GetProperty("table").GetString(), letter.GetProperty("action").GetString()));
        Assert.Equal(("nacked", "no room"), (letter.GetProperty("reason").GetString(), letter.GetProperty("last_error").GetString()));
        Assert.Equal("""["101"]""", letter.GetProperty("record_pks").GetRawText());
        Assert.Equal(1, letter.GetProperty("delivery_count").GetInt32());
        Assert.False(letter.GetProperty("halts_group").GetBoolean());
        Assert.False(letter.TryGetProperty("data", out _));
        var shown = await shop.GetAsync($"/api/sinks/{consumer}/dead_letters/{letter.GetProperty("id").GetString()}");
        Assert.Equal(message.GetProperty("data").GetRawText(), shown.GetProperty("data").GetRawText());
        Assert.Equal(1, (await shop.GetAsync($"/api/consumers/{consumer}/status")).GetProperty("dead_letters").GetInt32());
    }

    [Fact]
    public async Task Named_letters_are_redriven_and_each_id_has_its_answer()
    {
        var consumer = await shop.ConsumeAsync(DiesAtOnce);
        await KillAsync(consumer, 111, 112);
        var ids = Ids(await ListAsync(consumer));
        var unknown = Guid.NewGuid().ToString();

        var answer = (await shop.Api.PostAsync(
            $"/api/sinks/{consumer}/dead_letters/redrive", new { ids = new[] { ids[0], unknown, ids[0] } })).Is(200).Json;

        Assert.Equal(
            $$"""[{"id":"{{ids[0]}}","status":"redriven"},{"id":"{{unknown}}","status":"not_found"}]""",
            answer.GetProperty("results").GetRawText());
        var again = Assert.Single(await shop.ReceiveAsync(consumer));
        Assert.Equal("111", Key(again));
        Assert.Equal(1, again.GetProperty("delivery_count").GetInt32());
        Assert.Equal([ids[1]], Ids(await ListAsync(consumer)));
    }

    [Fact]
    public async Task All_letters_that_match_are_redriven_in_the_background()
    {
        var consumer = await shop.ConsumeAsync(DiesAtOnce);
        await KillAsync(consumer, 121, 122, 123);

        var answer = (await shop.Api.PostAsync(
            $"/api/consumers/{consumer}/dead_letters/redrive", """{"all":true,"q":"\"new-12","pk":["122"]}""")).Is(202);

        Assert.Equal((1, 1000), (answer.Json.GetProperty("total").GetInt32(), answer.Json.GetProperty("rate_per_second").GetInt32()));
        Assert.Equal("122", Key(Assert.Single(await shop.ReceiveAsync(consumer))));
        var done = await CompletedAsync(answer.Location!);
        Assert.Equal((1, 100), (done.GetProperty("done").GetInt32(), done.GetProperty("percent").GetInt32()));
        Assert.Equal("""["122"]""", done.GetProperty("pk").GetRawText());
        Assert.Equal(2, (await ListAsync(consumer)).Count);
        var listed = Assert.Single((await shop.GetAsync($"/api/consumers/{consumer}/redrives")).GetProperty("data").EnumerateArray());
        Assert.Equal(done.GetRawText(), listed.GetRawText());
    }

    [Fact]
    public async Task One_redrive_runs_at_a_time_and_can_be_cancelled()
    {
        var consumer = await shop.ConsumeAsync(DiesAtOnce);
        await KillAsync(consumer, 131, 132, 133, 134);
        const string slowly = """{"all":true,"rate_per_second":1}""";
        var redrive = (await shop.Api.PostAsync($"/api/consumers/{consumer}/dead_letters/redrive", slowly)).Is(202);

        var second = (await shop.Api.PostAsync($"/api/consumers/{consumer}/dead_letters/redrive", slowly)).IsProblem(409);
        var cancelled = (await shop.Api.PatchAsync(redrive.Location!, """{"state":"cancelled"}""")).Is(200).Json;

        Assert.Equal("redrive_running", second.Text("code"));
        Assert.Equal("cancelled", cancelled.GetProperty("state").GetString());
        Assert.Equal(JsonValueKind.String, cancelled.GetProperty("finished_at").ValueKind);
        (await shop.Api.PatchAsync(redrive.Location!, """{"state":"cancelled"}""")).Is(200);
        (await shop.Api.PostAsync($"/api/consumers/{consumer}/dead_letters/redrive", """{"all":true}""")).Is(202);
    }

    [Fact]
    public async Task A_redrive_that_is_complete_cannot_be_cancelled()
    {
        var consumer = await shop.ConsumeAsync();
        var redrive = (await shop.Api.PostAsync($"/api/consumers/{consumer}/dead_letters/redrive", """{"all":true}""")).Is(202);

        Assert.Equal(("completed", 100), (redrive.Text("state"), redrive.Json.GetProperty("percent").GetInt32()));
        Assert.Equal("redrive_complete",
            (await shop.Api.PatchAsync(redrive.Location!, """{"state":"cancelled"}""")).IsProblem(409).Text("code"));
    }

    [Fact]
    public async Task A_halted_group_goes_on_when_its_letter_is_discarded()
    {
        var consumer = await shop.ConsumeAsync("\"max_retry_count\":1,\"on_dead\":\"halt_group\"");
        await KillAsync(consumer, 141);
        await shop.ExecuteAsync("UPDATE orders SET status = 'paid' WHERE id = 141");
        var status = await shop.StatusAsync(consumer, status => status.GetProperty("blocked_groups").GetArrayLength() == 1);
        Assert.Equal("dead", status.GetProperty("blocked_groups")[0].GetProperty("state").GetString());
        Assert.Contains("wait for a dead letter", (await shop.Api.GetAsync($"/api/consumers/{consumer}")).Body, StringComparison.Ordinal);
        Assert.Empty(await shop.ReceiveAsync(consumer, wait: "0"));
        var letter = Assert.Single(await ListAsync(consumer));
        Assert.True(letter.GetProperty("halts_group").GetBoolean());

        var answer = (await shop.Api.PostAsync(
            $"/api/sinks/{consumer}/dead_letters/discard", new { ids = Ids([letter]).Append(Guid.NewGuid().ToString()) })).Is(200);

        Assert.Equal("""{"success":true,"discarded":1}""", answer.Body);
        Assert.Equal("update", Assert.Single(await shop.ReceiveAsync(consumer)).GetProperty("data").GetProperty("action").GetString());
        Assert.Empty(await ListAsync(consumer));
    }

    [Fact]
    public async Task All_letters_that_match_are_discarded()
    {
        var consumer = await shop.ConsumeAsync(DiesAtOnce);
        await KillAsync(consumer, 151, 152, 153);

        async Task<long> DiscardAsync(string body) =>
            (await shop.Api.PostAsync($"/api/consumers/{consumer}/dead_letters/discard", body)).Is(200)
                .Json.GetProperty("discarded").GetInt64();

        Assert.Equal(0, await DiscardAsync("""{"all":true,"reason":"expired"}"""));
        Assert.Equal(1, await DiscardAsync("""{"all":true,"pk":"152"}"""));
        Assert.Equal(2, await DiscardAsync("""{"all":true,"table":"orders","from":"2026-01-01"}"""));
        Assert.Empty(await shop.ReceiveAsync(consumer, wait: "0"));
    }

    private async Task<List<JsonElement>> KillAsync(string consumer, params int[] keys) => await KillAsync(consumer, keys, "test");

    private Task<List<JsonElement>> KillAsync(string consumer, int key, string reason) => KillAsync(consumer, [key], reason);

    private async Task<List<JsonElement>> KillAsync(string consumer, int[] keys, string reason)
    {
        foreach (var key in keys)
            await shop.ExecuteAsync($"INSERT INTO orders VALUES ({key}, 'new-{key}')");
        var messages = await shop.ReceiveAllAsync(consumer, keys.Length);
        foreach (var message in messages)
            await shop.SettleAsync(consumer, "nack", [message], $",\"reason\":\"{reason}\"");
        return messages;
    }

    private async Task<List<JsonElement>> ListAsync(string consumer) =>
        [.. (await shop.GetAsync($"/api/consumers/{consumer}/dead_letters")).GetProperty("data").EnumerateArray()];

    private async Task<JsonElement> CompletedAsync(string redrive)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            var present = await shop.GetAsync(redrive);
            if (present.GetProperty("state").GetString() == "completed")
                return present;
            Assert.False(limit.IsCancellationRequested, $"The redrive did not end: {present}");
        }
    }

    private static string[] Ids(IEnumerable<JsonElement> letters) => [.. letters.Select(letter => letter.GetProperty("id").GetString()!)];

    private static string Key(JsonElement message) =>
        message.GetProperty("data").GetProperty("metadata").GetProperty("record_pks")[0].GetString()!;
}
