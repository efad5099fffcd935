using System.IO.Compression;
using System.Text;
using Sequin.Core.Segments;
using Sequin.Grains.Webhooks;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Tests.Webhooks;

public sealed class WebhookBodyTests
{
    private static readonly byte[] Suffix = MessageEnvelope.Suffix("{\"id\":\"c\"}"u8, "{\"id\":\"d\"}"u8);

    [Fact]
    public void A_batch_is_an_object_with_a_list_and_a_single_message_is_bare()
    {
        const string message = """{"record":{"id":1},"metadata":{"table_name":"a","consumer":{"id":"c"},"database":{"id":"d"}}}""";
        ReadOnlyMemory<byte> stored = """{"record":{"id":1},"metadata":{"table_name":"a"}}"""u8.ToArray();

        using var batch = new PooledBuffer();
        WebhookBody.WriteBatch(batch, [stored, stored], Suffix);
        using var single = new PooledBuffer();
        WebhookBody.WriteMessage(single, stored, Suffix);
        using var none = new PooledBuffer();
        WebhookBody.WriteBatch(none, [], Suffix);

        Assert.Equal($$"""{"data":[{{message}},{{message}}]}""", Text(batch));
        Assert.Equal(message, Text(single));
        Assert.Equal("""{"data":[]}""", Text(none));
    }

    [Fact]
    public void A_body_larger_than_its_buffer_is_whole()
    {
        var stored = Enumerable.Range(0, 1000)
            .Select(n => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(
                $$$"""{"n":{{{n}}},"pad":"{{{new string('x', n)}}}","metadata":{"table_name":"a"}}""")).ToArray();

        using var batch = new PooledBuffer();
        WebhookBody.WriteBatch(batch, stored, Suffix);

        using var json = System.Text.Json.JsonDocument.Parse(batch.Written);
        var data = json.RootElement.GetProperty("data");
        Assert.Equal(1000, data.GetArrayLength());
        Assert.Equal(999, data[999].GetProperty("pad").GetString()!.Length);
    }

    [Fact]
    public void Gzip_is_what_is_sent_and_signed_when_the_endpoint_asks_for_it()
    {
        var endpoint = Sending.Endpoint(new Uri("https://example.com/"), new EndpointHeader("Content-Encoding", "gzip"));
        var body = Encoding.UTF8.GetBytes(new string('x', 100_000));
        var now = DateTimeOffset.UnixEpoch.AddSeconds(7);

        using var request = SignedRequest.Create(
            endpoint, new Delivery { Id = "m", Attempt = 1, Body = body, Timeout = Sending.Enough }, now);

        Assert.InRange(request.Body.Length, 1, 2000);
        using var unzipped = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(request.Body.ToArray()), CompressionMode.Decompress))
            gzip.CopyTo(unzipped);
        Assert.Equal(body, unzipped.ToArray());
        var headers = request.Headers.ToDictionary(header => header.Name, header => header.Value);
        Assert.Equal(WebhookSignature.Of("m", 7, request.Body.Span, [Sending.Secret]), headers["webhook-signature"]);
        Assert.Equal("gzip", headers["Content-Encoding"]);
    }

    [Fact]
    public void Headers_go_in_their_order_the_users_the_secret_ones_ours()
    {
        var endpoint = Sending.Endpoint(
            new Uri("https://example.com/"), new("b", "1"), new("a", "2"), new("Content-Type", "text/json")) with
        {
            Secrets = new EndpointSecrets { Signing = Sending.Secret, Headers = [new("authorization", "x")] },
        };

        using var request = SignedRequest.Create(
            endpoint, new Delivery { Id = "m", Attempt = 1, Body = default, Timeout = Sending.Enough }, default);

        Assert.Equal(
            ["b", "a", "Content-Type", "authorization", "user-agent", "webhook-id", "webhook-timestamp", "webhook-signature",
                "sequin-delivery-attempt"],
            request.Headers.Select(header => header.Name));
        Assert.Equal("authorization", Assert.Single(request.Headers, header => header.IsSecret).Name);
    }

    private static string Text(PooledBuffer buffer) => Encoding.UTF8.GetString(buffer.Written.Span);
}
