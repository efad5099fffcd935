using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows;

public sealed class HaltTests
{
    private readonly Caller _caller = new(new WindowOptions { MaxDeliveries = 1 });

    [Fact]
    public void A_halted_message_keeps_its_group_waiting_until_it_is_revived()
    {
        var lease = DieWith(1, 1, 2);
        Assert.True(_caller.Window.Halt(lease.Offset));
        Assert.Equal([3], _caller.Lease(10).Select(other => other.Offset));

        _caller.Window.Revive([lease.Offset]);

        var again = _caller.LeaseOne();
        Assert.Equal((1, 1), (again.Offset, again.Delivery));
        Assert.Equal(ReceiptStatus.Stale, _caller.Ack(lease));
    }

    [Fact]
    public void A_buried_one_lets_its_group_go_on()
    {
        var lease = DieWith(1, 1);
        _caller.Window.Halt(lease.Offset);

        _caller.Window.Bury([lease.Offset]);
        _caller.Save();
        _caller.Window.Release([lease.Offset]);

        Assert.Equal(2, _caller.LeaseOne().Offset);
    }

    [Fact]
    public void A_finished_message_comes_back_behind_what_its_group_has_in_flight()
    {
        var lease = DieWith(1, 1, 1);
        BuryDurably(lease);
        var next = _caller.LeaseOne();

        Assert.True(_caller.Window.Exhume(1, group: 1, lease.Receipt));
        _caller.Save();
        _caller.Window.Revive([1]);

        Assert.Empty(_caller.Lease(1));
        _caller.Ack(next);
        _caller.Ack(_caller.LeaseOne());
        var again = _caller.LeaseOne();
        Assert.Equal((1, 1), (again.Offset, again.Delivery));
        Assert.True(again.Receipt > lease.Receipt);
    }

    [Fact]
    public void What_is_not_finished_cannot_come_back()
    {
        _caller.Append(1);

        Assert.False(_caller.Window.Exhume(1, group: 1, receipt: 1));
        Assert.False(_caller.Window.Exhume(2, group: 1, receipt: 1));
    }

    [Fact]
    public void One_that_came_back_survives_a_crash()
    {
        var lease = DieWith(1, 2);
        BuryDurably(lease);
        _caller.Window.Exhume(1, group: 1, lease.Receipt);
        _caller.Save();

        _caller.Crash();

        Assert.NotNull(_caller.Window.Find(1));
        Assert.Equal(0, _caller.Window.Floor);
    }

    private LeasedOffset DieWith(params ulong[] groups)
    {
        _caller.Append(groups);
        var lease = _caller.LeaseOne();
        _caller.Nack(lease);
        var dying = new LeasedOffset[1];
        Assert.Equal(1, _caller.Window.TakeDying(dying));
        return dying[0];
    }

    private void BuryDurably(LeasedOffset lease)
    {
        _caller.Window.Bury([lease.Offset]);
        _caller.Save();
        _caller.Window.Release([lease.Offset]);
    }
}
