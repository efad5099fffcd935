using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows;

/// <summary>What the log no longer has.</summary>
public sealed class DroppedMessagesTests
{
    private readonly Caller _caller = new();

    [Fact]
    public void What_is_dropped_is_not_delivered_and_its_receipts_count_as_finished()
    {
        _caller.Append(1, 1, 2, 3);
        var leased = _caller.Lease(2);

        _caller.Window.DropThrough(3);

        Assert.Equal([4], _caller.Lease(5).Select(lease => lease.Offset));
        Assert.Equal(3, _caller.Window.Floor);
        Assert.All(leased, lease => Assert.Equal(
            lease.Offset <= 3 ? ReceiptStatus.AlreadyDone : ReceiptStatus.Done, _caller.Window.Ack(lease.Offset, lease.Receipt)));
    }

    [Fact]
    public void Parked_messages_are_dropped_too_and_those_behind_come_in_order()
    {
        var caller = new Caller(new WindowOptions { Capacity = 80 });
        caller.Append([.. Enumerable.Repeat(7UL, 500)]);

        caller.Window.DropThrough(400);

        Assert.Equal(400, caller.Window.Floor);
        Assert.Equal(100, caller.Window.Counts.Unfinished);
        Assert.Equal([401, 402, 403], caller.Lease(3).Select(lease => lease.Offset));
    }

    [Fact]
    public void A_drop_ahead_of_what_was_read_goes_on_behind_it()
    {
        _caller.Append(1, 2);

        _caller.Window.DropThrough(10);

        Assert.Equal((11, 10), (_caller.Window.NextOffset, _caller.Window.Floor));
        Assert.Equal(default, _caller.Window.Counts);
    }
}
