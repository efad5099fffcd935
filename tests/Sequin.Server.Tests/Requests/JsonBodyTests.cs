using System.Buffers;
using System.Text;
using System.Text.Json;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Tests.Requests;

public sealed class JsonBodyTests
{
    [Fact]
    public void Own_objects_of_the_caller_may_have_any_key()
    {
        var body = Parse("""{"name":"n","own":{"Any Key":{"x":[1,{"y":2}]}},"items":[{"count":1},null]}""");

        Assert.Equal("n", body.Name);
        Assert.Equal("""{"Any Key":{"x":[1,{"y":2}]}}""", body.Own!.Value.GetRawText());
        Assert.Equal(1, body.Items![0]!.Count);
    }

    [Theory]
    [InlineData("""{"nope":1}""", "nope")]
    [InlineData("""{"Name":"n"}""", "Name")]
    [InlineData("""{"items":[{"count":1},{"nope":1}]}""", "items.nope")]
    public void An_unknown_key_is_named(string json, string key)
    {
        var problem = Refusal(json);

        Assert.Equal(422, problem.Status);
        Assert.Equal($"Unknown field: {key}", problem.Detail);
        Assert.Contains(key, problem.ValidationErrors!.Keys);
    }

    [Theory]
    [InlineData("""{"name":"a","name":"a"}""")]
    [InlineData("""{"name":"a","n\u0061me":"b"}""")]
    [InlineData("""{"items":[{"count":1,"count":1}]}""")]
    [InlineData("""{"own":{"a":{"b":1,"b":2}}}""")]
    [InlineData("""{"name":1}""")]
    [InlineData("""{"items":{}}""")]
    [InlineData("""{"items":[{"count":"1"}]}""")]
    [InlineData("""{"items":[{"count":1.5}]}""")]
    [InlineData("""{"items":[{"count":99999999999}]}""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("{} x")]
    [InlineData("""{"name":"a",}""")]
    [InlineData("""{name:"a"}""")]
    [InlineData("""{'name':'a'}""")]
    [InlineData("""{"name":"a"} // comment""")]
    [InlineData("""{"name":"\ud800"}""")]
    [InlineData("""{"name":NaN}""")]
    public void What_is_malformed_or_of_the_wrong_type_is_400(string json) => Assert.Equal(400, Refusal(json).Status);

    [Fact]
    public void Bytes_that_are_not_UTF8_are_400() =>
        Assert.Equal(400, Refusal([.. "{\"name\":\""u8, 0xff, 0xfe, .. "\"}"u8]).Status);

    [Fact]
    public void A_key_that_is_not_UTF8_is_400() => Assert.Equal(400, Refusal([.. "{\""u8, 0xff, .. "\":1}"u8]).Status);

    [Fact]
    public void Deep_nesting_is_400()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 100_000));

        Assert.Equal(400, Refusal($"{{\"own\":{deep}").Status);
    }

    private static Sample Parse(string json) => JsonBody.Parse<Sample>(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(json)));

    private static Problem Refusal(string json) => Refusal(Encoding.UTF8.GetBytes(json));

    private static Problem Refusal(byte[] json) =>
        Assert.Throws<ProblemException>(() => JsonBody.Parse<Sample>(new ReadOnlySequence<byte>(json))).Problem;

    internal sealed record Sample(string? Name, JsonElement? Own, IReadOnlyList<Item?>? Items);

    internal sealed record Item(int Count);
}
