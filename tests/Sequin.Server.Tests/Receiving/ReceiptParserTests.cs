using System.Buffers;
using System.Text;
using Sequin.Server.Errors;
using Sequin.Server.Receiving;
using Sequin.Server.Requests;

namespace Sequin.Server.Tests.Receiving;

public sealed class ReceiptParserTests
{
    [Theory]
    [InlineData("""{"ack_ids":["a","b"]}""")]
    [InlineData("""{"ack_tokens":["a","b"]}""")]
    public void Receipts_have_two_names(string json)
    {
        Assert.Equal(["a", "b"], Ack(json).Receipts);
        Assert.Equal(["a", "b"], Nack(json).Receipts);
    }

    [Theory]
    [InlineData("""{"ack_ids":["a"]}""", 0)]
    [InlineData("""{"ack_ids":["a"],"delay":null}""", 0)]
    [InlineData("""{"delay":1500,"ack_ids":["a"]}""", 1500)]
    [InlineData("""{"ack_ids":["a"],"delay":"12h"}""", 43_200_000)]
    public void A_nack_may_have_a_delay(string json, int ms) => Assert.Equal(TimeSpan.FromMilliseconds(ms), Nack(json).Delay);

    [Fact]
    public void A_thousand_receipts_are_the_most()
    {
        Assert.Equal(1000, Ack(Json(1000)).Receipts.Length);
        Assert.Contains("from 1 to 1000", Refusal(Json(1001)).Detail, StringComparison.Ordinal);

        static string Json(int count) => $"{{\"ack_ids\":[{string.Join(',', Enumerable.Repeat("\"x\"", count))}]}}";
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""["a"]""")]
    [InlineData("""{"ack_ids":[]}""")]
    [InlineData("""{"ack_ids":null}""")]
    [InlineData("""{"ack_ids":"a"}""")]
    [InlineData("""{"ack_ids":{"a":1}}""")]
    [InlineData("""{"ack_ids":[1]}""")]
    [InlineData("""{"ack_ids":[null]}""")]
    [InlineData("""{"ack_ids":[["a"]]}""")]
    [InlineData("""{"ack_ids":["a"],"ack_ids":["a"]}""")]
    [InlineData("""{"ack_ids":["a"],"ack_tokens":["a"]}""")]
    [InlineData("""{"ack_ids":["a"]""")]
    [InlineData("""{"ack_ids":["\ud800"]}""")]
    public void A_bad_body_is_400(string json)
    {
        Assert.Equal(400, Refusal(json).Status);
        Assert.Equal(400, Assert.Throws<ProblemException>(() => Nack(json)).Problem.Status);
    }

    [Theory]
    [InlineData("""{"ack_ids":["a"],"delay":-1}""")]
    [InlineData("""{"ack_ids":["a"],"delay":"13h"}""")]
    [InlineData("""{"ack_ids":["a"],"delay":"later"}""")]
    [InlineData("""{"ack_ids":["a"],"delay":1,"delay":1}""")]
    public void A_bad_delay_is_400(string json) => Assert.Equal(400, Assert.Throws<ProblemException>(() => Nack(json)).Problem.Status);

    [Fact]
    public void A_nack_may_say_why()
    {
        Assert.Equal("broken", Nack("""{"ack_ids":["a"],"reason":"broken"}""").Reason);
        Assert.Null(Nack("""{"ack_ids":["a"],"reason":null}""").Reason);
        Assert.Equal(400, Assert.Throws<ProblemException>(() => Nack("""{"ack_ids":["a"],"reason":5}""")).Problem.Status);
        var long1001 = $$"""{"ack_ids":["a"],"reason":"{{new string('x', 1001)}}"}""";
        Assert.Equal(400, Assert.Throws<ProblemException>(() => Nack(long1001)).Problem.Status);
    }

    [Theory]
    [InlineData("""{"ack_ids":["a"]}""", null)]
    [InlineData("""{"ack_ids":["a"],"visibility_timeout":"30s"}""", 30_000)]
    [InlineData("""{"ack_ids":["a"],"visibility_timeout":500}""", 500)]
    public void An_extend_may_say_how_long(string json, int? ms) =>
        Assert.Equal(ms, (int?)StrictReader.Guard(Body(json), ReceiptParser.Extend).VisibilityTimeout?.TotalMilliseconds);

    [Theory]
    [InlineData("""{"ack_ids":["a"],"visibility_timeout":499}""", 400)]
    [InlineData("""{"ack_ids":["a"],"visibility_timeout":"9999999999h"}""", 400)]
    [InlineData("""{"ack_ids":["a"],"visibility_timeout":true}""", 400)]
    [InlineData("""{"ack_ids":["a"],"delay":1}""", 422)]
    public void A_bad_extend_is_refused(string json, int status) => Assert.Equal(
        status, Assert.Throws<ProblemException>(() => StrictReader.Guard(Body(json), ReceiptParser.Extend)).Problem.Status);

    [Theory]
    [InlineData("{}", "ack_ids is required.")]
    [InlineData("""{"nope":[]}""", "Unknown field: nope")]
    [InlineData("""{"ack_ids":["a"],"delay":1}""", "Unknown field: delay")]
    public void A_missing_or_unknown_field_of_an_ack_is_422(string json, string detail)
    {
        Assert.Equal(422, Refusal(json).Status);
        Assert.Equal(detail, Refusal(json).Detail);
    }

    private static ReceiptRequest Ack(string json) => StrictReader.Guard(Body(json), ReceiptParser.Ack);

    private static ReceiptRequest Nack(string json) => StrictReader.Guard(Body(json), ReceiptParser.Nack);

    private static Problem Refusal(string json) => Assert.Throws<ProblemException>(() => Ack(json)).Problem;

    private static ReadOnlySequence<byte> Body(string json) => new(Encoding.UTF8.GetBytes(json));
}
