using System.Text;
using Sequin.Postgres.Log.Segments;

namespace Sequin.Postgres.Tests.Log.Segments;

public sealed class StoredMessageTests
{
    [Fact]
    public void The_key_is_read_behind_a_record_that_looks_like_metadata()
    {
        var keys = Read("""
            {"record":{"metadata":{"record_pks":["no"]},"record_pks":["no"],"t":"\ud800 \u0000"},"changes":{},"action":"update",
             "metadata":{"transaction_annotations":{"record_pks":["no"]},"record_pks":["7","ü\n,\""]}}
            """);

        Assert.Equal(["7", "ü\n,\""], keys);
    }

    [Fact]
    public void A_record_may_be_nested_as_deep_as_postgres_allows()
    {
        var nested = new string('[', 6000) + new string(']', 6000);

        Assert.Equal(["7"], Read($$$"""{"record":{"doc":{{{nested}}}},"metadata":{"record_pks":["7"]}}"""));
    }

    [Theory]
    [InlineData("""{"record":{},"metadata":{"record_pks":[]}}""")]
    [InlineData("""{"record":{},"metadata":{}}""")]
    [InlineData("""{"record":{}}""")]
    public void A_message_without_a_key_has_none(string stored) => Assert.Empty(Read(stored));

    private static string[] Read(string stored) => StoredMessage.RecordPks(Encoding.UTF8.GetBytes(stored));
}
