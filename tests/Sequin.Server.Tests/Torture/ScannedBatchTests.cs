using System.Text;
using Sequin.Testing.Clients;

namespace Sequin.Server.Tests.Torture;

/// <summary>The benchmarks' cheap reading of a receive's answer.</summary>
public sealed class ScannedBatchTests
{
    [Fact]
    public void Receipts_and_offsets_are_read()
    {
        var batch = new ScannedBatch();
        batch.Scan("""
            {"data":[{"ack_id":"a-1","ack_token":"a-1","delivery_count":1,"offset":17,"data":{"record":{"offset":5}}},
            {"ack_id":"b_2","ack_token":"b_2","delivery_count":1,"offset":18,"data":{"record":{}}}]}
            """u8);

        Assert.Equal(2, batch.Count);
        Assert.Equal([17, 18], batch.Offsets.ToArray());
        Assert.Equal("""{"ack_ids":["a-1","b_2"]}""", Encoding.UTF8.GetString(batch.AckBody.Span));
    }

    [Fact]
    public void A_batch_can_be_used_again()
    {
        var batch = new ScannedBatch();
        batch.Scan("""{"data":[{"ack_id":"a","offset":1,"data":{}}]}"""u8);
        batch.Scan("""{"data":[]}"""u8);

        Assert.Equal(0, batch.Count);
    }

    [Fact]
    public void A_cut_answer_is_refused() =>
        Assert.Throws<InvalidDataException>(() => new ScannedBatch().Scan("""{"data":[{"ack_id":"a","offset":1,"da"""u8));
}
