using System.Text.Json;

namespace Sequin.Server.Tests.Consumers;

/// <summary>Where a consumer begins, and how it goes back.</summary>
public sealed class RewindTests(Shop shop) : IClassFixture<Shop>
{
    // All tests write into one table.
    private readonly long _firstId = Random.Shared.NextInt64(1L << 40) << 16;

    [Fact]
    public async Task After_a_rewind_everything_comes_again_and_old_receipts_are_stale()
    {
        var consumer = await shop.ConsumeAsync();
        await InsertAsync(1, 3);
        var first = await shop.ReceiveAllAsync(consumer, 3);
        await shop.SettleAsync(consumer, "ack", first[..2]);
        await shop.SettleAsync(consumer, "nack", first[2..], ""","delay":"1h" """);
        var waiting = shop.ReceiveAsync(consumer, wait: "60s");

        var answer = await RewindAsync(consumer, $$"""{"offset":{{Offset(first[0])}}}""");

        Assert.Equal((2, Offset(first[0]), 3), Read(answer));
        var again = await waiting;
        again.AddRange(await shop.ReceiveAllAsync(consumer, 3 - again.Count));
        Assert.Equal(first.Select(Offset), again.Select(Offset));
        Assert.All(again, message => Assert.Equal(1, message.GetProperty("delivery_count").GetInt32()));
        Assert.All(await AckAsync(consumer, first), status => Assert.Equal("stale", status));
        Assert.All(await AckAsync(consumer, again), status => Assert.Equal("acked", status));
        Assert.Empty(await shop.ReceiveAsync(consumer, wait: "0"));
    }

    [Fact]
    public async Task A_rewind_to_now_passes_over_the_backlog()
    {
        var consumer = await shop.ConsumeAsync();
        await InsertAsync(11, 2);
        await shop.StatusAsync(consumer, status => status.GetProperty("lag").GetProperty("messages").GetInt64() == 2);

        await RewindAsync(consumer, "\"now\"");

        Assert.Empty(await shop.ReceiveAsync(consumer, wait: "0"));
        await InsertAsync(13, 1);
        Assert.Equal(_firstId + 13, Id(Assert.Single(await shop.ReceiveAsync(consumer))));
    }

    [Fact]
    public async Task A_paused_consumer_can_be_rewound()
    {
        var consumer = await shop.ConsumeAsync();
        await InsertAsync(21, 1);
        var first = await shop.ReceiveAllAsync(consumer, 1);
        await shop.SettleAsync(consumer, "ack", first);
        (await shop.Api.PatchAsync($"/api/consumers/{consumer}", """{"status":"paused"}""")).Is(200);

        await RewindAsync(consumer, $$"""{"offset":{{Offset(first[0])}}}""");

        Assert.Empty(await shop.ReceiveAsync(consumer, wait: "0"));
        (await shop.Api.PatchAsync($"/api/consumers/{consumer}", """{"status":"active"}""")).Is(200);
        Assert.Equal(Offset(first[0]), Offset(Assert.Single(await shop.ReceiveAsync(consumer))));
    }

    [Fact]
    public async Task Two_rewinds_at_once_are_two_generations()
    {
        var consumer = await shop.ConsumeAsync();
        await InsertAsync(31, 1);
        var first = Offset((await shop.ReceiveAllAsync(consumer, 1))[0]);

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RewindAsync(consumer, $$"""{"offset":{{first}}}""")));

        Assert.Equal([2, 3, 4, 5], answers.Select(answer => answer.GetProperty("generation").GetInt32()).Order());
        Assert.Equal(first, Offset(Assert.Single(await shop.ReceiveAsync(consumer))));
    }

    [Fact]
    public async Task A_dead_letter_stays_and_its_message_comes_again()
    {
        var consumer = await shop.ConsumeAsync("\"max_retry_count\":1");
        await InsertAsync(41, 1);
        var first = await shop.ReceiveAllAsync(consumer, 1);
        await shop.SettleAsync(consumer, "nack", first);

        await RewindAsync(consumer, $$"""{"offset":{{Offset(first[0])}}}""");

        var again = await shop.ReceiveAllAsync(consumer, 1);
        Assert.Equal(1, again[0].GetProperty("delivery_count").GetInt32());
        await shop.SettleAsync(consumer, "ack", again);
        var letters = (await shop.GetAsync($"/api/consumers/{consumer}/dead_letters")).GetProperty("data");
        Assert.Equal(1, letters.GetArrayLength());
    }

    [Fact]
    public async Task A_timestamp_and_an_lsn_name_what_was_committed_there_or_later()
    {
        var watcher = await shop.ConsumeAsync();
        for (var i = 0; i < 5; i++)
            await InsertAsync(51 + i, 1);
        var all = await shop.ReceiveAllAsync(watcher, 5);
        var third = all[2].GetProperty("data").GetProperty("metadata");
        var lsn = third.GetProperty("commit_lsn").GetUInt64();
        var byTime = $$"""{"timestamp":"{{third.GetProperty("commit_timestamp").GetString()}}"}""";
        var byLsn = $$"""{"lsn":"{{lsn >> 32:X}}/{{lsn & uint.MaxValue:X}}"}""";

        foreach (var start in new[] { byTime, byLsn, $$"""{"offset":{{Offset(all[2])}}}""" })
        {
            var consumer = await shop.ConsumeAsync($"\"start\":{start}");
            Assert.Equal([_firstId + 53, _firstId + 54, _firstId + 55], (await shop.ReceiveAllAsync(consumer, 3)).Select(Id));
            await RewindAsync(consumer, start);
            Assert.Equal(_firstId + 53, Id((await shop.ReceiveAllAsync(consumer, 1))[0]));
            (await shop.Api.PatchAsync($"/api/consumers/{consumer}", $$"""{"start":{{start}}}""")).Is(200);
        }
    }

    [Theory]
    [InlineData("""{"to":{"offset":99999999}}""", 409, "position_beyond_end", "ends at offset")]
    [InlineData("""{"to":{"timestamp":"2999-01-01T00:00:00Z"}}""", 409, "position_beyond_end", "in the future")]
    [InlineData("""{"to":{"lsn":"FFFFFFFF/0"}}""", 409, "position_beyond_end", "complete up to LSN")]
    [InlineData("""{"to":{"timestamp":"2026-01-01 00:00"}}""", 422, "invalid", "'2026-01-01 00:00'")]
    [InlineData("""{"to":{"timestamp":"2026-01-01T00:00:00"}}""", 422, "invalid", "write it as")]
    [InlineData("""{"to":{"lsn":"xyz"}}""", 422, "invalid", "'xyz'")]
    [InlineData("""{"to":{"offset":0}}""", 422, "invalid", "n from 1")]
    [InlineData("""{"to":{"offset":1,"lsn":"0/1"}}""", 422, "invalid", "must be")]
    [InlineData("""{"to":"yesterday"}""", 422, "invalid", "must be")]
    [InlineData("""{"to":null}""", 422, "invalid", "required")]
    [InlineData("{}", 422, "invalid", "required")]
    [InlineData("""{"to":"now","then":1}""", 422, "unknown_field", "then")]
    public async Task A_place_that_there_is_not_is_refused_and_nothing_changes(string body, int status, string code, string says)
    {
        var consumer = await shop.SharedAsync("refused", () => shop.ConsumeAsync());

        var refused = (await shop.Api.PostAsync($"/api/consumers/{consumer}/rewind", body)).IsProblem(status).Says(says);

        Assert.Equal(code, refused.Text("code"));
    }

    [Fact]
    public async Task Nobody_cannot_be_rewound() =>
        (await shop.Api.PostAsync("/api/sinks/nobody/rewind", """{"to":"now"}""")).IsProblem(404);

    private async Task<JsonElement> RewindAsync(string consumer, string to) =>
        (await shop.Api.PostAsync($"/api/consumers/{consumer}/rewind", $$"""{"to":{{to}}}""")).Is(200).Json;

    private async Task<List<string>> AckAsync(string consumer, IEnumerable<JsonElement> messages)
    {
        var ids = JsonSerializer.Serialize(messages.Select(message => message.GetProperty("ack_id").GetString()));
        var answer = await shop.Api.PostAsync($"/api/consumers/{consumer}/ack", $$"""{"ack_ids":{{ids}}}""");
        return [.. answer.Is(200).Json.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("status").GetString()!)];
    }

    private Task InsertAsync(int first, int rows) =>
        shop.ExecuteAsync($"INSERT INTO orders SELECT n, 'new' FROM generate_series({_firstId + first}, {_firstId + first + rows - 1}) n");

    private static (int Generation, long NextOffset, long Again) Read(JsonElement answer) => (
        answer.GetProperty("generation").GetInt32(), answer.GetProperty("next_offset").GetInt64(),
        answer.GetProperty("messages_again").GetInt64());

    private static long Offset(JsonElement message) => message.GetProperty("offset").GetInt64();

    private static long Id(JsonElement message) =>
        message.GetProperty("data").GetProperty("record").GetProperty("id").GetInt64();
}
