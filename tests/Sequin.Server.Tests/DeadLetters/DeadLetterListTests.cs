using System.Text;
using System.Text.Json;
using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.DeadLetters;
using Sequin.Server.Tests.Consumers;
using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.DeadLetters;

/// <summary>Lists and their filters, over letters that are put where the consumer puts them.</summary>
public sealed class DeadLetterListTests(Shop shop) : IClassFixture<Shop>
{
    private static readonly DateTimeOffset Died = new(2026, 3, 20, 15, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("", "1,2,3,4")]
    [InlineData("table=orders", "1,2")]
    [InlineData("table=public.items", "3,4")]
    [InlineData("pk=a,b", "1")]
    [InlineData("pk=[%22a,b%22]", "2")]
    [InlineData("q=caf%C3%A9", "3")]
    [InlineData("q=%25", "4")]
    [InlineData("reason=expired", "4")]
    [InlineData("from=2026-03-22T15:30:00Z", "2,3,4")]
    [InlineData("to=2026-03-22T17:30:00%2B02:00", "1")]
    [InlineData("from=2026-03-22&to=2026-03-24", "2,3")]
    [InlineData("limit=2", "1,2")]
    [InlineData("table=orders&pk=a,b&q=second", "")]
    public async Task Each_parameter_narrows_the_list(string query, string offsets)
    {
        var consumer = await WithLettersAsync();

        var answer = (await shop.Api.GetAsync($"/api/consumers/{consumer}/dead_letters?{query}")).Is(200);

        var listed = answer.Json.GetProperty("data").EnumerateArray().Select(letter => letter.GetProperty("offset").GetInt64());
        Assert.Equal(offsets, string.Join(',', listed));
    }

    [Fact]
    public async Task Pages_follow_each_other_also_as_messages()
    {
        var consumer = await WithLettersAsync();

        var first = await shop.GetAsync($"/api/sinks/{consumer}/dead_letters?limit=3");
        var after = first.GetProperty("data")[2].GetProperty("id").GetString();
        var second = await shop.GetAsync($"/api/sinks/{consumer}/dead_letters?limit=3&after={after}");
        var messages = await shop.GetAsync($"/api/consumers/{consumer}/messages?state=dead&limit=3");
        var next = messages.GetProperty("next_after").GetString();
        var rest = await shop.GetAsync($"/api/consumers/{consumer}/messages?state=dead&after={next}");

        Assert.Equal(4, Assert.Single(second.GetProperty("data").EnumerateArray()).GetProperty("offset").GetInt64());
        Assert.Equal((3, false), (messages.GetProperty("scanned").GetInt32(), messages.GetProperty("complete").GetBoolean()));
        Assert.Equal((1, true), (rest.GetProperty("scanned").GetInt32(), rest.GetProperty("complete").GetBoolean()));
        var last = Assert.Single(rest.GetProperty("data").EnumerateArray());
        Assert.Equal("dead", last.GetProperty("state").GetString());
        Assert.Equal(second.GetProperty("data")[0].GetProperty("id").GetString(), last.GetProperty("dead_letter_id").GetString());
        Assert.Equal("100%", last.GetProperty("data").GetProperty("record").GetProperty("note").GetString());
        Assert.Equal(JsonValueKind.Object, last.GetProperty("data").GetProperty("metadata").GetProperty("database").ValueKind);
    }

    [Fact]
    public async Task Dead_messages_are_chosen_by_the_time_of_their_commit()
    {
        var consumer = await WithLettersAsync();

        var page = await shop.GetAsync($"/api/consumers/{consumer}/messages?state=dead&from=2026-03-20T10:03:00Z&to=2026-03-20T10:04:00Z");

        Assert.Equal(3, Assert.Single(page.GetProperty("data").EnumerateArray()).GetProperty("offset").GetInt64());
        Assert.Equal(4, page.GetProperty("scanned").GetInt32());
    }

    [Fact]
    public async Task A_message_that_no_parser_would_take_is_shown_byte_for_byte()
    {
        var consumer = await shop.ConsumeAsync();
        var id = new ConsumerId(Guid.Parse(consumer));
        var odd = Letter(1, "orders", "1", "\\u0000\\ud800") with { Id = Guid.CreateVersion7() };
        await shop.Service<DeadLetterStore>().InsertAsync(id, [odd], TestContext.Current.CancellationToken);

        var answer = (await shop.Api.GetAsync($"/api/consumers/{consumer}/dead_letters/{odd.Id}")).Is(200);

        Assert.Contains("\"note\":\"\\u0000\\ud800\"", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dead_letters?limit=0", 400, "limit")]
    [InlineData("dead_letters?limit=1001", 400, "limit")]
    [InlineData("dead_letters?after=x", 400, "after")]
    [InlineData("dead_letters?reason=tired", 400, "nacked, expired")]
    [InlineData("dead_letters?table=", 400, "table")]
    [InlineData("dead_letters?table=a.b.c", 400, "table")]
    [InlineData("dead_letters?table=a%00b", 400, "table")]
    [InlineData("dead_letters?pk=", 400, "pk")]
    [InlineData("dead_letters?pk=[1]", 400, "pk")]
    [InlineData("dead_letters?pk=[", 400, "pk")]
    [InlineData("dead_letters?pk=%00", 400, "pk")]
    [InlineData("dead_letters?q=", 400, "q")]
    [InlineData("dead_letters?from=yesterday", 400, "from")]
    [InlineData("dead_letters?from=2026-03-20T15:30:00+02:00", 400, "%2B")]
    [InlineData("dead_letters?to=2026-02-30", 400, "to")]
    [InlineData("dead_letters?from=2026-03-20&to=2026-03-20", 400, "later")]
    [InlineData("dead_letters?q=a&q=b", 400, "twice")]
    [InlineData("dead_letters?state=dead", 422, "state")]
    [InlineData("dead_letters/not-an-id", 404, "not-an-id")]
    [InlineData("dead_letters/0198c6a2-7d1e-7000-8000-000000000000", 404, "dead letter")]
    [InlineData("messages?state=lost", 400, "ready, in_flight")]
    [InlineData("messages?after=-1", 400, "after")]
    [InlineData("messages?after=0198c6a2-7d1e-7000-8000-000000000000", 400, "after")]
    [InlineData("messages?state=dead&after=7", 400, "after")]
    [InlineData("messages?limit=x", 400, "limit")]
    [InlineData("messages?to=x", 400, "to")]
    [InlineData("messages?reason=nacked", 422, "reason")]
    [InlineData("redrives?after=x", 400, "after")]
    [InlineData("redrives?state=running", 422, "state")]
    [InlineData("redrives/not-an-id", 404, "redrive")]
    public async Task A_parameter_that_is_not_valid_is_named(string path, int status, string says)
    {
        var consumer = await SharedAsync();

        (await shop.Api.GetAsync($"/api/consumers/{consumer}/{path}")).IsProblem(status).Says(says);
    }

    [Theory]
    [InlineData("{}", "ids")]
    [InlineData("""{"all":false}""", "ids")]
    [InlineData("""{"ids":null}""", "ids")]
    [InlineData("""{"table":"orders"}""", "ids")]
    [InlineData("""{"ids":[]}""", "ids")]
    [InlineData("""{"ids":["x"]}""", "ids")]
    [InlineData("""{"ids":[null]}""", "ids")]
    [InlineData("""{"ids":["0198c6a2-7d1e-7000-8000-000000000000"],"all":true}""", "ids")]
    [InlineData("""{"ids":["0198c6a2-7d1e-7000-8000-000000000000"],"table":"orders"}""", "table")]
    [InlineData("""{"all":true,"table":"a.b.c"}""", "table")]
    [InlineData("""{"all":true,"pk":1}""", "pk")]
    [InlineData("""{"all":true,"pk":[1]}""", "pk")]
    [InlineData("""{"all":true,"pk":[]}""", "pk")]
    [InlineData("""{"all":true,"pk":"\ud800"}""", "pk")]
    [InlineData("""{"all":true,"pk":["\ud800"]}""", "pk")]
    [InlineData("""{"all":true,"q":""}""", "q")]
    [InlineData("""{"all":true,"reason":"tired"}""", "reason")]
    [InlineData("""{"all":true,"from":"yesterday"}""", "from")]
    [InlineData("""{"all":true,"from":"2026-03-21","to":"2026-03-20"}""", "to")]
    public async Task A_request_that_does_not_say_well_which_letters_it_means_means_none(string body, string field)
    {
        var consumer = await SharedAsync();

        foreach (var call in new[] { "redrive", "discard" })
        {
            var answer = (await shop.Api.PostAsync($"/api/consumers/{consumer}/dead_letters/{call}", body)).IsProblem(422);
            Assert.True(answer.Json.GetProperty("validation_errors").TryGetProperty(field, out _), answer.Body);
        }

        Assert.Equal(4, (await shop.GetAsync($"/api/consumers/{consumer}/dead_letters")).GetProperty("data").GetArrayLength());
    }

    [Theory]
    [InlineData("redrive", """{"all":true,"rate_per_second":0}""", 422, "rate_per_second")]
    [InlineData("redrive", """{"all":true,"rate_per_second":10001}""", 422, "rate_per_second")]
    [InlineData("redrive", """{"ids":["0198c6a2-7d1e-7000-8000-000000000000"],"rate_per_second":1}""", 422, "rate_per_second")]
    [InlineData("discard", """{"all":true,"rate_per_second":1}""", 422, "rate_per_second")]
    [InlineData("redrive", """{"all":"yes"}""", 400, "all")]
    [InlineData("discard", """{"ids":"x"}""", 400, "ids")]
    public async Task A_rate_goes_with_a_redrive_of_all(string call, string body, int status, string says) =>
        (await shop.Api.PostAsync($"/api/consumers/{await SharedAsync()}/dead_letters/{call}", body)).IsProblem(status).Says(says);

    [Fact]
    public async Task More_than_a_thousand_ids_are_refused()
    {
        var ids = Enumerable.Range(0, 1001).Select(_ => Guid.NewGuid());

        (await shop.Api.PostAsync($"/api/consumers/{await SharedAsync()}/dead_letters/discard", new { ids })).IsProblem(422).Says("1001");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"state":"paused"}""")]
    public async Task A_redrive_can_only_be_cancelled(string body) => (await shop.Api.PatchAsync(
        $"/api/consumers/{await SharedAsync()}/redrives/{Guid.NewGuid()}", body)).IsProblem(422).Says("cancelled");

    [Theory]
    [InlineData("GET", "dead_letters", null)]
    [InlineData("GET", "dead_letters/0198c6a2-7d1e-7000-8000-000000000000", null)]
    [InlineData("POST", "dead_letters/redrive", """{"all":true}""")]
    [InlineData("POST", "dead_letters/discard", """{"all":true}""")]
    [InlineData("GET", "redrives", null)]
    [InlineData("GET", "redrives/0198c6a2-7d1e-7000-8000-000000000000", null)]
    [InlineData("PATCH", "redrives/0198c6a2-7d1e-7000-8000-000000000000", """{"state":"cancelled"}""")]
    [InlineData("GET", "messages", null)]
    public async Task An_unknown_consumer_is_404(string method, string path, string? body)
    {
        using var content = body is null ? null : new StringContent(body, null, "application/json");

        (await shop.Api.SendAsync(new HttpMethod(method), $"/api/consumers/nobody/{path}", content)).IsProblem(404).Says("nobody");
    }

    // For what changes nothing.
    private Task<string> SharedAsync() => shop.SharedAsync(nameof(DeadLetterListTests), WithLettersAsync);

    private async Task<string> WithLettersAsync()
    {
        var consumer = await shop.ConsumeAsync();
        await shop.Service<DeadLetterStore>().InsertAsync(
            new ConsumerId(Guid.Parse(consumer)),
            [
                Letter(1, "orders", "a\",\"b", "first"),
                Letter(2, "orders", "a,b", "second"),
                Letter(3, "items", "3", "café"),
                Letter(4, "items", "4", "100%") with { Reason = DeathReason.Expired },
            ], TestContext.Current.CancellationToken);
        return consumer;
    }

    private static DeadLetter Letter(int offset, string table, string key, string note) => new()
    {
        Id = Guid.CreateVersion7(Died.AddDays(offset)),
        Generation = 1,
        Offset = offset,
        Receipt = 1,
        Table = $"public.{table}",
        Action = ChangeAction.Insert,
        Body = Encoding.UTF8.GetBytes($$$"""
            {"record":{"note":"{{{note}}}"},"changes":null,"action":"insert","metadata":{"record_pks":["{{{key}}}"]}}
            """),
        CommitTime = new DateTimeOffset(2026, 3, 20, 10, offset, 0, TimeSpan.Zero),
        Reason = DeathReason.Nacked,
        DeliveryCount = 1,
        DiedAt = Died.AddDays(offset),
        HaltsGroup = false,
    };
}
