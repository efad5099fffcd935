using System.Text;
using CsCheck;
using Sequin.Grains.Webhooks;

namespace Sequin.Grains.Tests.Webhooks;

public sealed class MessageResultsTests
{
    [Theory]
    [InlineData("")]
    [InlineData("ok")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"results":null}""")]
    [InlineData("""{"results":{"count":3}}""")]
    [InlineData("""{"results":[]}""")]
    [InlineData("""{"results":[1,2]}""")]
    [InlineData("""{"results":[{"id":7}]}""")]
    [InlineData("""{"results":["idempotency_key"]}""")]
    [InlineData("""{"inner":{"results":[{"idempotency_key":"a","status":"retry"}]}}""")]
    [InlineData("{\"ok\":true")]
    public void An_answer_that_does_not_speak_of_messages_says_nothing_of_them(string answer)
    {
        Assert.True(Read(answer, out var results));
        Assert.Empty(results);
    }

    [Theory]
    [InlineData("""{"results":[{"idempotency_key":"a","status":"Retry"}]}""")]
    [InlineData("""{"results":[{"idempotency_key":"a"}]}""")]
    [InlineData("""{"results":[{"idempotency_key":1,"status":"ok"}]}""")]
    [InlineData("""{"results":[{"idempotency_key":"a","status":null}]}""")]
    [InlineData("""{"results":[{"idempotency_key":"a","status":"ok"},{"status":"retry"}]}""")]
    [InlineData("""{"results":[{"idempotency_key":"a","status":"ok"},7]}""")]
    [InlineData("""{"results":[{"idempotency_key":"a","status":"ok"}""")]
    [InlineData("""{"results":[{"idempotency_key":"a","status":"ok"}}""")]
    [InlineData("""{"results":[{"idempotency_key":"\ud800","status":"ok"}]}""")]
    public void An_answer_that_speaks_of_messages_must_be_understood(string answer) => Assert.False(Read(answer, out _));

    [Fact]
    public void Results_that_are_cut_anywhere_are_never_taken_for_all()
    {
        const string answer = """{"results":[{"idempotency_key":"a","status":"ok"},{"idempotency_key":"b","status":"dead"}]}""";
        var keyAt = answer.IndexOf("idempotency_key", StringComparison.Ordinal) + "idempotency_key\":".Length;
        var endAt = answer.IndexOf(']', StringComparison.Ordinal);

        Gen.Int[keyAt, endAt].Sample(length => !MessageResults.TryRead(Encoding.UTF8.GetBytes(answer[..length]), isWhole: false, out _));
        Assert.True(Read(answer, out var results));
        Assert.Equal([new("a", MessageVerdict.Ok), new MessageResult("b", MessageVerdict.Dead)], results);
    }

    private static bool Read(string answer, out IReadOnlyList<MessageResult> results) =>
        MessageResults.TryRead(Encoding.UTF8.GetBytes(answer), isWhole: true, out results);
}
