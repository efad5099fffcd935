using System.Buffers;
using CsCheck;
using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows;

public sealed class SnapshotFormatTests
{
    private static readonly Gen<SnapshotDetail> GenDetail = Gen.OneOf(
        Gen.Const(default(SnapshotDetail)),
        Gen.Int[1, 9].Select(both => new SnapshotDetail(both, both, Hold: 0)),
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, int.MaxValue], Gen.Long[0, long.MaxValue])
            .Select((receipt, delivery, hold) => new SnapshotDetail(receipt, delivery, hold)));

    [Fact]
    public void What_is_written_is_read_again() =>
        Gen.Select(Gen.Long[1, 1L << 40], Gen.Select(Gen.Int[1, 300], GenDetail).Array[0, 50]).Sample((first, gaps) =>
        {
            var offset = first;
            var unfinished = new SortedDictionary<long, SnapshotDetail>();
            foreach (var (gap, detail) in gaps)
                unfinished.Add(offset += gap < 200 ? 1 : gap, detail);
            var restored = new RestoredMessages(Write(unfinished, touched: offset + 5));

            Assert.Equal((true, 7, offset + 5, offset + 9, 77), (
                restored.IsExact, restored.Generation, restored.Touched, restored.Reserved, restored.LongestMs));
            var read = new SortedDictionary<long, SnapshotDetail>();
            for (var wanted = restored.NextWanted(0); wanted <= restored.Touched; wanted = restored.NextWanted(wanted + 1))
                read.Add(wanted, restored.Detail(wanted));
            Assert.Equal(unfinished, read);
        });

    [Fact]
    public void A_snapshot_of_another_version_is_refused()
    {
        var exception = Assert.Throws<InvalidDataException>(() => new RestoredMessages([9, 0, 0]));

        Assert.Contains("version 9", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_snapshot_cut_short_anywhere_is_refused()
    {
        var bytes = Write(new() { [3] = new(1, 1, 0), [4] = new(900, 5, 0), [9] = default }, touched: 12);

        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<InvalidDataException>(() => new RestoredMessages(bytes.AsSpan(0, length)));
    }

    [Fact]
    public void A_number_of_more_than_64_bits_is_refused() =>
        Assert.Throws<InvalidDataException>(() => new RestoredMessages([.. Enumerable.Repeat((byte)0xFF, 20)]));

    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(100)]
    public void Ten_thousand_unfinished_in_random_holes_take_less_than_20_kB(int oneOf)
    {
        var random = new Random(1);
        var window = new ConsumerWindow(new WindowOptions { MaxAckPending = int.MaxValue, Capacity = int.MaxValue }, 0);
        var batch = new LeasedOffset[1];
        var finished = new long[1];
        // Every third of them waits behind another of its group and was never leased.
        for (var offset = 1L; window.Counts.Unfinished < 10_000; offset++)
        {
            var isKept = random.Next(oneOf) == 0;
            window.Append(offset, isKept && random.Next(3) == 0 ? 1UL : 0, 0);
            if (window.Lease(batch, 0, 30_000, out _) == 0 || isKept)
                continue;
            finished[0] = batch[0].Offset;
            window.Ack(batch[0].Offset, batch[0].Receipt);
            window.Release(finished);
        }

        var output = new ArrayBufferWriter<byte>();
        window.Snapshot(output, 1_000, 0);

        Assert.InRange(output.WrittenCount, 5_000, 20_000);
    }

    private static byte[] Write(SortedDictionary<long, SnapshotDetail> unfinished, long touched)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new SnapshotWriter(output);
        writer.Begin(exact: true, generation: 7, touched, reserved: touched + 4, longestMs: 77);
        foreach (var (offset, detail) in unfinished)
            writer.Add(offset, detail);
        writer.EndMessages();
        writer.End();
        return output.WrittenSpan.ToArray();
    }
}
