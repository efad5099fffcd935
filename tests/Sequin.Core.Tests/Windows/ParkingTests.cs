using System.Buffers;
using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows;

public sealed class ParkingTests
{
    private const ulong Hot = 7;
    private static readonly WindowOptions Small = new() { Capacity = 80 };

    [Fact]
    public void A_busy_group_leaves_room_for_the_others()
    {
        var caller = new Caller(Small);
        for (var i = 0; i < 1_000; i++)
            caller.Append(Hot);
        caller.Append(1, 2, 3);

        Assert.Equal(1_003, caller.Window.Counts.Unfinished);
        Assert.True(caller.Window.HasRoom);
        Assert.Equal([1, 1001, 1002, 1003], caller.Lease(4).Select(lease => lease.Offset));
    }

    [Fact]
    public void A_parked_group_comes_in_order_and_only_one_by_one_when_each_is_acked_alone()
    {
        var caller = new Caller(Small);
        for (var i = 0; i < 300; i++)
            caller.Append(Hot);

        for (var offset = 1; offset <= 300; offset++)
        {
            var lease = caller.LeaseOne();
            Assert.Equal(offset, lease.Offset);
            Assert.Empty(caller.Lease(1));
            caller.Ack(lease);
        }

        Assert.Equal(0, caller.Window.Counts.Unfinished);
    }

    [Fact]
    public void One_batch_takes_parked_followers_too()
    {
        var caller = new Caller(Small);
        for (var i = 0; i < 300; i++)
            caller.Append(Hot);

        Assert.Equal(Enumerable.Range(1, 200).Select(offset => (long)offset), caller.Lease(200).Select(lease => lease.Offset));
    }

    [Fact]
    public void A_crash_parks_again_what_was_parked_and_holds_what_was_leased()
    {
        var caller = new Caller(Small, reserveAhead: 5);
        for (var i = 0; i < 300; i++)
            caller.Append(Hot);
        var head = caller.LeaseOne();
        caller.Save();

        caller.Crash();

        Assert.Empty(caller.Lease(10));
        Assert.Equal(ReceiptStatus.Done, caller.Ack(head));
        Assert.Equal(299, caller.Window.Counts.Unfinished);
        caller.Pass(Caller.VisibilityMs);
        Assert.Equal(2, caller.LeaseOne().Offset);
    }

    [Fact]
    public void A_lease_of_what_was_parked_is_saved_first()
    {
        var caller = new Caller(Small, reserveAhead: 1_000);
        for (var i = 0; i < 300; i++)
            caller.Append(Hot);
        caller.Ack(caller.LeaseOne());

        caller.LeaseUnsaved(100, Caller.VisibilityMs, out var mustSave);

        Assert.True(mustSave);
    }

    [Fact]
    public void A_message_that_moves_between_two_parked_groups_waits_for_both()
    {
        var caller = new Caller(new WindowOptions { Capacity = 8 });
        caller.Append(1, 1, 2, 2);
        caller.AppendMove(group: 2, former: 1);
        caller.Append(1, 2);

        var order = new List<long>();
        while (caller.Window.Counts.Unfinished > 0)
        {
            var lease = caller.LeaseOne();
            order.Add(lease.Offset);
            caller.Ack(lease);
        }

        Assert.True(order.IndexOf(5) > order.IndexOf(2) && order.IndexOf(5) > order.IndexOf(4), string.Join(' ', order));
        Assert.True(order.IndexOf(6) > order.IndexOf(5) && order.IndexOf(7) > order.IndexOf(5), string.Join(' ', order));
    }

    [Fact]
    public void Past_its_budget_nothing_more_is_read()
    {
        var caller = new Caller(new WindowOptions { Capacity = 80, ParkedBytesMax = 1_000 });
        for (var i = 0; i < 10_000; i++)
            caller.Append(Hot);

        Assert.False(caller.Window.HasRoom);
        Assert.InRange(caller.Window.NextOffset, 500, 2_000);
    }

    [Fact]
    public void A_million_waiting_messages_of_one_group_cost_little_memory_and_state()
    {
        const int others = 1_000;
        var window = new ConsumerWindow(new WindowOptions(), 0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var offset = 1L; offset <= 1_000_000; offset++)
            window.Append(offset, Hot, 0);
        for (var offset = 1_000_001L; offset <= 1_000_000 + others; offset++)
            window.Append(offset, (ulong)offset, 0);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        var batch = new LeasedOffset[others + 1];
        Assert.Equal(others + 1, window.Lease(batch, 0, 30_000, out _));
        var output = new ArrayBufferWriter<byte>();
        window.Snapshot(output, 1_000, 0);

        Assert.InRange(allocated, 0, 8_000_000);
        Assert.InRange(output.WrittenCount, 1, 64 * 1024);
        Assert.True(window.HasRoom);
    }

    [Fact]
    public void A_snapshot_that_names_every_message_survives_other_groups()
    {
        var window = new ConsumerWindow(Small, 0);
        for (var offset = 1L; offset <= 300; offset++)
            window.Append(offset, Hot, 0);
        var batch = new LeasedOffset[2];
        window.Lease(batch.AsSpan(0, 1), 0, 30_000, out _);
        var output = new ArrayBufferWriter<byte>();
        window.Snapshot(output, 1_000, 0, exact: true, namesParked: true);

        var restored = new ConsumerWindow(Small, 0);
        restored.Restore(output.WrittenSpan, 0);
        for (var offset = 1L; offset <= 300; offset++)
            restored.Append(offset, (ulong)(100 + offset), 0);

        Assert.Equal(300, restored.Counts.Unfinished);
        Assert.Equal(1, restored.Counts.Leased);
        Assert.Equal(2, restored.Lease(batch, 0, 30_000, out _));
        Assert.Equal([2, 3], batch.Select(lease => lease.Offset));
    }
}
