using System.Buffers;
using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows;

public sealed class WindowMemoryTests
{
    [Fact]
    public void Ten_million_messages_acked_behind_a_held_one_cost_neither_memory_nor_state()
    {
        const int batchSize = 1_000;
        const int messages = 10_000_000;
        var window = new ConsumerWindow(new WindowOptions(), 0);
        var output = new ArrayBufferWriter<byte>();
        window.Append(1, 1, 0);
        var batch = new LeasedOffset[batchSize];
        window.Lease(batch, 0, 43_200_000, out _);
        var offsets = new long[batchSize];
        var before = GC.GetAllocatedBytesForCurrentThread();

        // Nothing expires, and nobody looks at the time: what was leased must not pile up for that.
        for (var offset = 2L; offset <= messages; offset += batchSize)
        {
            for (var i = 0; i < batchSize; i++)
                window.Append(offset + i, (ulong)(offset + i), 0);
            Assert.Equal(batchSize, window.Lease(batch, 0, 30_000, out _));
            for (var i = 0; i < batchSize; i++)
            {
                window.Ack(batch[i].Offset, batch[i].Receipt);
                offsets[i] = batch[i].Offset;
            }

            output.ResetWrittenCount();
            window.MarkDurable(window.Snapshot(output, 1_000, 0));
            window.Release(offsets);
        }

        Assert.Equal(1, window.Counts.Unfinished);
        Assert.Equal(0, window.Floor);
        Assert.InRange(output.WrittenCount, 1, 64);
        // What it keeps cannot be measured beside other tests; but what it keeps it has allocated, less than two bytes a message.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);
    }
}
