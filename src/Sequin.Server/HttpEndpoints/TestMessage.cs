using System.Text;
using Sequin.Core.Segments;

namespace Sequin.Server.HttpEndpoints;

/// <summary>A message to test an endpoint with.</summary>
/// <param name="Stored">Its JSON as it stands in the log, or could.</param>
/// <param name="Suffix">What closes it when it is delivered.</param>
/// <param name="Path">Goes behind the endpoint's URL; null: nothing does.</param>
/// <param name="Batch">Whether it goes out in a list.</param>
internal sealed record TestMessage(ReadOnlyMemory<byte> Stored, byte[] Suffix, string? Path, bool Batch)
{
    private static readonly byte[] SampleSuffix = MessageEnvelope.Suffix(
        """{"id":"00000000-0000-0000-0000-000000000000","name":"test","annotations":{}}"""u8,
        """{"id":"00000000-0000-0000-0000-000000000000","name":"test","annotations":{},"database":"test","hostname":"test"}"""u8);

    /// <summary>One of no consumer.</summary>
    public static TestMessage Sample(TestHttpEndpointRequest request, DateTimeOffset now)
    {
        var stored = $$$"""
            {"record":{"id":1,"name":"A sample"},"changes":null,"action":"insert","metadata":{"table_schema":"public","table_name":"sample",
            "commit_timestamp":"{{{now.UtcDateTime:yyyy-MM-ddTHH:mm:ss.ffffffZ}}}","commit_lsn":0,"commit_idx":0,"idempotency_key":"MDow",
            "record_pks":["1"],"transaction_annotations":null,"enrichment":null,"database_name":"test"}}
            """.ReplaceLineEndings("");
        return new TestMessage(Encoding.UTF8.GetBytes(stored), SampleSuffix, request.Path, request.Batch ?? true);
    }
}
