using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Sequin.Grains.Consumers;
using Sequin.Server.Errors;
using Sequin.Server.Receiving;
using Sequin.Server.Requests;

namespace Sequin.Server.Tests.Receiving;

public sealed class ReceiveParserTests
{
    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData(" { } ")]
    [InlineData("""{"batch_size":null,"wait_for":null,"visibility_timeout":null}""")]
    public void The_default_is_one_message_without_a_wait(string json) => Assert.Equal(new ReceiveRequest(1, TimeSpan.Zero), Json(json));

    [Theory]
    [InlineData("""{"batch_size":1000}""", 1000)]
    [InlineData("""{"max_batch_size":7}""", 7)]
    [InlineData("""{"batch_size":"7"}""", 7)]
    [InlineData("""{"batch_\u0073ize":7}""", 7)]
    public void The_batch_size_has_two_names_and_may_be_digits(string json, int size) => Assert.Equal(size, Json(json).BatchSize);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("300000", 300_000)]
    [InlineData("\"1500\"", 1500)]
    [InlineData("\"60s\"", 60_000)]
    [InlineData("\"1000ms\"", 1000)]
    [InlineData("\"5m\"", 300_000)]
    public void The_wait_is_milliseconds_or_a_duration(string value, int ms) =>
        Assert.Equal(TimeSpan.FromMilliseconds(ms), Json($$"""{"wait_for":{{value}}}""").Wait);

    [Fact]
    public void The_visibility_timeout_is_the_consumers_unless_said()
    {
        Assert.Null(Json("{}").VisibilityTimeout);
        Assert.Equal(TimeSpan.FromHours(12), Json("""{"visibility_timeout":"12h"}""").VisibilityTimeout);
        Assert.Equal(TimeSpan.FromMilliseconds(500), Json("""{"visibility_timeout":500}""").VisibilityTimeout);
    }

    [Fact]
    public void A_query_says_the_same() => Assert.Equal(
        new ReceiveRequest(10, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)),
        Query("?max_batch_size=10&wait_for=5s&visibility_timeout=30000"));

    [Theory]
    [InlineData("""{"batch_size":0}""", "batch_size is 0", "from 1 to 1000")]
    [InlineData("""{"batch_size":1001}""", "batch_size is 1001", "from 1 to 1000")]
    [InlineData("""{"batch_size":-1}""", "batch_size is -1", "from 1 to 1000")]
    [InlineData("""{"batch_size":"x"}""", "batch_size is \"x\"", "from 1 to 1000")]
    [InlineData("""{"batch_size":"10s"}""", "batch_size is \"10s\"", "from 1 to 1000")]
    [InlineData("""{"batch_size":1.5}""", "batch_size is 1.5", "from 1 to 1000")]
    [InlineData("""{"batch_size":1e2}""", "batch_size is 1e2", "from 1 to 1000")]
    [InlineData("""{"batch_size":99999999999999999999}""", "batch_size is 99999999999999999999", "from 1 to 1000")]
    [InlineData("""{"batch_size":true}""", "batch_size is true", "from 1 to 1000")]
    [InlineData("""{"batch_size":[1]}""", "batch_size is a list", "from 1 to 1000")]
    [InlineData("""{"batch_size":{"a":1}}""", "batch_size is an object", "from 1 to 1000")]
    [InlineData("""{"wait_for":-1}""", "wait_for is -1", "from 0 to 300000")]
    [InlineData("""{"wait_for":300001}""", "wait_for is 300001", "from 0 to 300000")]
    [InlineData("""{"wait_for":"301s"}""", "wait_for is \"301s\"", "from 0 to 300000")]
    [InlineData("""{"wait_for":"5 m"}""", "wait_for is \"5 m\"", "from 0 to 300000")]
    [InlineData("""{"wait_for":"soon"}""", "wait_for is \"soon\"", "from 0 to 300000")]
    [InlineData("""{"visibility_timeout":499}""", "visibility_timeout is 499", "from 500 to 43200000")]
    [InlineData("""{"visibility_timeout":"13h"}""", "visibility_timeout is \"13h\"", "from 500 to 43200000")]
    public void What_is_outside_the_limits_is_400_with_value_and_limits(string json, string value, string limits)
    {
        var problem = Refusal(json);

        Assert.Equal(400, problem.Status);
        Assert.Contains(value, problem.Detail, StringComparison.Ordinal);
        Assert.Contains(limits, problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"batch_size":1,"batch_size":1}""")]
    [InlineData("""{"batch_size":1,"max_batch_size":1}""")]
    [InlineData("""{"batch_size":1""")]
    [InlineData("""{"batch_size":1}x""")]
    [InlineData("""{"batch_size":1}{}""")]
    [InlineData("""{"batch_size":1,}""")]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("nonsense")]
    [InlineData("""{"wait_for":"\ud800"}""")]
    public void What_is_malformed_is_400(string json) => Assert.Equal(400, Refusal(json).Status);

    [Fact]
    public void A_request_id_and_an_auto_ack_are_taken()
    {
        Assert.Equal("again", Json("""{"request_id":"again","auto_ack":false}""").RequestId);
        Assert.Null(Json("""{"request_id":null,"auto_ack":null}""").RequestId);
        Assert.True(Json("""{"auto_ack":true}""").AutoAck);
        Assert.Equal(80, Json($$"""{"request_id":"{{new string('x', 80)}}"}""").RequestId!.Length);
    }

    [Theory]
    [InlineData("""{"request_id":""}""", 400)]
    [InlineData("""{"request_id":1}""", 400)]
    [InlineData("""{"request_id":["a"]}""", 400)]
    [InlineData("""{"request_id":"a","request_id":"a"}""", 400)]
    [InlineData("""{"auto_ack":"true"}""", 400)]
    [InlineData("""{"auto_ack":true,"auto_ack":true}""", 400)]
    [InlineData("""{"auto_ack":true,"request_id":"a"}""", 422)]
    public void A_bad_request_id_or_auto_ack_is_refused(string json, int status) => Assert.Equal(status, Refusal(json).Status);

    [Fact]
    public void A_request_id_of_81_characters_is_400() =>
        Assert.Equal(400, Refusal($$"""{"request_id":"{{new string('x', 81)}}"}""").Status);

    [Theory]
    [InlineData("""{"nope":1}""", "nope")]
    [InlineData("""{"BATCH_SIZE":1}""", "BATCH_SIZE")]
    public void An_unknown_field_is_422_and_named(string json, string field)
    {
        var problem = Refusal(json);

        Assert.Equal(422, problem.Status);
        Assert.Equal($"Unknown field: {field}", problem.Detail);
    }

    [Theory]
    [InlineData("?batch_size=0", 400)]
    [InlineData("?batch_size=", 400)]
    [InlineData("?batch_size", 400)]
    [InlineData("?batch_size=1&batch_size=2", 400)]
    [InlineData("?batch_size=1&max_batch_size=2", 400)]
    [InlineData("?batch_size=%2B1x", 400)]
    [InlineData("?wait_for=forever", 400)]
    [InlineData("?nope=1", 422)]
    [InlineData("?Batch_Size=1", 422)]
    public void A_bad_query_is_refused(string query, int status) =>
        Assert.Equal(status, Assert.Throws<ProblemException>(() => Query(query)).Problem.Status);

    [Fact]
    public void A_body_in_pieces_reads_the_same()
    {
        var json = Encoding.UTF8.GetBytes("""{"batch_size":12,"wait_for":"1500ms","visibility_timeout":30000}""");
        for (var cut = 1; cut < json.Length; cut++)
        {
            var body = Pieces(json[..cut], json[cut..]);
            Assert.Equal(new ReceiveRequest(12, TimeSpan.FromMilliseconds(1500), TimeSpan.FromSeconds(30)),
                StrictReader.Guard(body, ReceiveParser.FromJson));
        }
    }

    private static ReceiveRequest Json(string json) =>
        StrictReader.Guard(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(json)), ReceiveParser.FromJson);

    private static ReceiveRequest Query(string query) => ReceiveParser.FromQuery(new QueryCollection(QueryHelpers.ParseQuery(query)));

    private static Problem Refusal(string json) => Assert.Throws<ProblemException>(() => Json(json)).Problem;

    private static ReadOnlySequence<byte> Pieces(byte[] first, byte[] second)
    {
        var head = new Piece(first, 0);
        var tail = head.Append(second);
        return new ReadOnlySequence<byte>(head, 0, tail, second.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(byte[] bytes, long start) => (Memory, RunningIndex) = (bytes, start);

        public Piece Append(byte[] bytes)
        {
            var next = new Piece(bytes, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
