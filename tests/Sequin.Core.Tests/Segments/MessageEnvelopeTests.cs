using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Sequin.Core.Segments;

namespace Sequin.Core.Tests.Segments;

public sealed class MessageEnvelopeTests
{
    [Fact]
    public void A_delivered_message_has_the_objects_of_its_consumer_and_database()
    {
        var suffix = MessageEnvelope.Suffix("{\"id\":\"c\"}"u8, "{\"id\":\"d\"}"u8);

        Assert.Equal(
            """{"record":{"id":1},"metadata":{"table_name":"orders","consumer":{"id":"c"},"database":{"id":"d"}}}""",
            Deliver("""{"record":{"id":1},"metadata":{"table_name":"orders"}}""", suffix));
    }

    [Fact]
    public void Whatever_the_parts_hold_the_whole_is_JSON_and_nothing_is_lost() =>
        Gen.Select(Gen.String, Gen.String, Gen.String).Sample((text, name, annotation) =>
        {
            var stored = new JsonObject
            {
                ["record"] = new JsonObject { ["text"] = text, ["}}"] = "}}" },
                ["metadata"] = new JsonObject { ["table_name"] = text, ["last"] = new JsonObject { ["}"] = "{" } },
            };
            var consumer = new JsonObject { ["name"] = name };
            var database = new JsonObject { ["annotations"] = new JsonObject { [name] = annotation } };

            var delivered = JsonNode.Parse(Deliver(stored.ToJsonString(), MessageEnvelope.Suffix(Utf8(consumer), Utf8(database))));

            var expected = stored.DeepClone();
            expected["metadata"]!["consumer"] = consumer;
            expected["metadata"]!["database"] = database;
            Assert.True(JsonNode.DeepEquals(expected, delivered));
        });

    private static string Deliver(string stored, byte[] suffix)
    {
        var output = new ArrayBufferWriter<byte>();
        MessageEnvelope.Write(output, Encoding.UTF8.GetBytes(stored), suffix);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static byte[] Utf8(JsonObject value) => JsonSerializer.SerializeToUtf8Bytes(value);
}
