using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows;

public sealed class GroupTests
{
    private readonly Caller _caller = new();

    [Fact]
    public void The_next_of_a_group_waits_until_the_one_before_is_released()
    {
        _caller.Append(1, 1);
        var head = _caller.LeaseOne();
        Assert.Empty(_caller.Lease(1));

        _caller.Window.Ack(head.Offset, head.Receipt);
        Assert.Empty(_caller.Lease(1));
        _caller.Save();
        _caller.Window.Release([head.Offset]);

        Assert.Equal(2, _caller.LeaseOne().Offset);
    }

    [Fact]
    public void Messages_of_no_group_wait_for_nothing()
    {
        _caller.Append(1, 0, 1, 0);

        Assert.Equal([1, 2, 4], Offsets(_caller.Lease(3)));
    }

    [Fact]
    public void A_held_group_does_not_stop_the_others()
    {
        _caller.Append(1, 1, 2, 2);
        _caller.LeaseOne();

        var second = _caller.LeaseOne();
        _caller.Ack(second);

        Assert.Equal([4], Offsets(_caller.Lease(10)));
    }

    [Fact]
    public void A_nack_takes_back_the_later_ones_of_its_group_and_batch()
    {
        _caller.Append(1, 1, 1, 2);
        var leases = _caller.Lease(4);
        Assert.Equal([1, 4, 2, 3], Offsets(leases));

        Assert.Equal(ReceiptStatus.Done, _caller.Nack(leases[0]));

        Assert.Equal(new WindowCounts(Leased: 1, Ready: 1, Delayed: 0, Finishing: 0, Halted: 0, Unfinished: 4), _caller.Window.Counts);
        Assert.Equal(ReceiptStatus.Stale, _caller.Ack(leases[2]));
        Assert.Equal(ReceiptStatus.Stale, _caller.Nack(leases[3]));
        Assert.Equal(ReceiptStatus.Done, _caller.Ack(leases[1]));
        Assert.Equal([(1, 2), (2, 2), (3, 2)], _caller.Lease(4).Select(lease => (lease.Offset, lease.Delivery)));
    }

    [Fact]
    public void A_nack_in_the_middle_leaves_the_ones_before_where_they_are()
    {
        _caller.Append(1, 1, 1);
        var leases = _caller.Lease(3);

        _caller.Nack(leases[1]);

        Assert.Equal(1, _caller.Window.Counts.Leased);
        Assert.Equal(ReceiptStatus.Stale, _caller.Ack(leases[2]));
        Assert.Equal(ReceiptStatus.Done, _caller.Ack(leases[0]));
        Assert.Equal([2, 3], Offsets(_caller.Lease(3)));
    }

    [Fact]
    public void A_later_one_that_was_acked_stays_finished_when_the_head_comes_back()
    {
        _caller.Append(1, 1, 1);
        var leases = _caller.Lease(3);

        _caller.Ack(leases[1]);
        _caller.Nack(leases[0]);

        Assert.Equal(ReceiptStatus.Stale, _caller.Ack(leases[2]));
        Assert.Equal([1, 3], Offsets(_caller.Lease(3)));
    }

    [Fact]
    public void A_later_one_whose_ack_is_not_durable_yet_is_passed_over_when_the_head_comes_back()
    {
        _caller.Append(1, 1, 1);
        var leases = _caller.Lease(3);

        _caller.Window.Ack(leases[1].Offset, leases[1].Receipt);
        _caller.Nack(leases[0]);

        Assert.Equal(1, _caller.Window.Counts.Finishing);
        Assert.Equal(ReceiptStatus.Stale, _caller.Ack(leases[2]));
    }

    [Fact]
    public void A_later_one_that_had_expired_is_stale_once_the_head_comes_back()
    {
        _caller.Append(1, 1);
        var leases = _caller.Lease(2);
        _caller.Window.Extend(leases[0].Offset, leases[0].Receipt, _caller.NowMs, 60_000, out _);
        _caller.Pass(30_000);

        _caller.Nack(leases[0]);

        Assert.Equal(ReceiptStatus.Stale, _caller.Ack(leases[1]));
        Assert.Equal([1, 2], Offsets(_caller.Lease(2)));
    }

    [Fact]
    public void When_a_batch_expires_only_its_head_is_good_for_a_late_ack()
    {
        _caller.Append(1, 1, 1);
        var leases = _caller.Lease(3);
        _caller.Pass(30_000);

        Assert.Equal(ReceiptStatus.Stale, _caller.Ack(leases[1]));
        Assert.Equal(ReceiptStatus.Stale, _caller.Ack(leases[2]));
        Assert.Equal(ReceiptStatus.DoneLate, _caller.Ack(leases[0]));
    }

    [Fact]
    public void A_move_waits_for_both_of_its_groups()
    {
        _caller.Append(1, 2);
        _caller.AppendMove(group: 2, former: 1);
        var leases = _caller.Lease(10);
        Assert.Equal([1, 2], Offsets(leases));

        _caller.Ack(leases[0]);
        Assert.Empty(_caller.Lease(1));
        _caller.Ack(leases[1]);

        Assert.Equal(3, _caller.LeaseOne().Offset);
    }

    [Fact]
    public void A_move_holds_up_both_of_its_groups()
    {
        _caller.AppendMove(group: 2, former: 1);
        _caller.Append(1, 2);

        var move = _caller.LeaseOne();
        Assert.Empty(_caller.Lease(1));
        _caller.Ack(move);

        Assert.Equal([2, 3], Offsets(_caller.Lease(2)).Order());
    }

    [Fact]
    public void Messages_of_its_new_group_follow_a_move_in_its_batch_and_those_of_the_former_do_not()
    {
        _caller.AppendMove(group: 2, former: 1);
        _caller.Append(1, 2);

        Assert.Equal([1, 3], Offsets(_caller.Lease(10)));
    }

    [Fact]
    public void A_move_never_follows_in_a_batch()
    {
        _caller.Append(1);
        _caller.AppendMove(group: 1, former: 2);

        Assert.Equal([1], Offsets(_caller.Lease(10)));
    }

    [Fact]
    public void A_move_within_one_group_is_like_any_other_message()
    {
        _caller.Append(1);
        _caller.AppendMove(group: 1, former: 1);

        Assert.Equal([1, 2], Offsets(_caller.Lease(10)));
    }

    [Fact]
    public void A_move_out_of_a_group_into_none_waits_for_it()
    {
        _caller.Append(1);
        _caller.AppendMove(group: 0, former: 1);
        _caller.Append(1);
        var head = _caller.LeaseOne();
        Assert.Empty(_caller.Lease(10));

        _caller.Ack(head);
        _caller.Ack(_caller.LeaseOne());

        Assert.Equal(3, _caller.LeaseOne().Offset);
    }

    private static IEnumerable<long> Offsets(LeasedOffset[] leases) => leases.Select(lease => lease.Offset);
}
