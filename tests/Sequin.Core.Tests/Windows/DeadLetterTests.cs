using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows;

public sealed class DeadLetterTests
{
    private readonly Caller _caller = new(new WindowOptions { MaxDeliveries = 2 });

    [Fact]
    public void A_message_nacked_at_its_last_delivery_is_dying_and_holds_its_group()
    {
        _caller.Append(1, 1);
        Fail(2);

        Assert.Equal(new WindowCounts(0, 0, 0, Finishing: 1, Halted: 0, Unfinished: 2), _caller.Window.Counts);
        Assert.Empty(_caller.Lease(1));
        Assert.Equal([new LeasedOffset(1, Receipt: 2, Delivery: 2)], TakeDying());
        Assert.Empty(TakeDying());
        Assert.Equal(ReceiptStatus.Stale, _caller.Window.Ack(1, 2));
    }

    [Fact]
    public void A_message_that_expires_at_its_last_delivery_is_dying()
    {
        _caller.Append(0);
        _caller.Nack(_caller.LeaseOne());
        _caller.LeaseOne();

        _caller.Pass(Caller.VisibilityMs);

        Assert.Equal(1, Assert.Single(TakeDying()).Offset);
    }

    [Fact]
    public void A_delay_does_not_save_a_message_from_dying()
    {
        _caller.Append(0);
        _caller.Nack(_caller.LeaseOne());

        _caller.Nack(_caller.LeaseOne(), delayMs: 1_000);

        Assert.Single(TakeDying());
    }

    [Fact]
    public void A_killed_message_is_dying_at_its_first_delivery_and_those_behind_it_stay_leased()
    {
        _caller.Append(1, 1);
        var leases = _caller.Lease(2);

        Assert.Equal(ReceiptStatus.Done, _caller.Window.Kill(1, leases[0].Receipt));

        Assert.Equal([new LeasedOffset(1, Receipt: 1, Delivery: 1)], TakeDying());
        Assert.Equal(ReceiptStatus.Stale, _caller.Window.Kill(1, leases[0].Receipt));
        Assert.Equal(ReceiptStatus.Done, _caller.Ack(leases[1]));
    }

    [Fact]
    public void A_message_whose_lease_is_over_cannot_be_killed()
    {
        _caller.Append(0);
        var lease = _caller.LeaseOne();
        _caller.Pass(Caller.VisibilityMs);

        Assert.Equal(ReceiptStatus.Stale, _caller.Window.Kill(lease.Offset, lease.Receipt));
        Assert.Empty(TakeDying());
    }

    [Fact]
    public void A_dead_message_is_finished_like_an_acked_one()
    {
        _caller.Append(1, 1);
        Fail(2);
        TakeDying();

        _caller.Window.Bury([1]);
        Assert.Equal(ReceiptStatus.AlreadyDone, _caller.Window.Ack(1, 2));
        Assert.Empty(_caller.Lease(1));
        _caller.Save();
        _caller.Window.Release([1]);

        Assert.Equal(2, _caller.LeaseOne().Offset);
        Assert.Equal(1, _caller.Window.Floor);
    }

    [Fact]
    public void A_dying_message_is_not_released_before_it_is_buried()
    {
        _caller.Append(1, 1);
        Fail(2);

        _caller.Window.Release([1]);

        Assert.Equal(2, _caller.Window.Counts.Unfinished);
    }

    [Fact]
    public void Without_a_limit_no_message_dies()
    {
        var caller = new Caller();
        caller.Append(0);
        for (var i = 1; i <= 100; i++)
        {
            var lease = caller.LeaseOne();
            Assert.Equal(i, lease.Delivery);
            caller.Nack(lease);
        }

        Assert.Equal(1, caller.Window.Counts.Ready);
    }

    [Fact]
    public void Deliveries_that_were_given_back_do_not_count()
    {
        _caller.Append(0);
        for (var i = 0; i < 10; i++)
        {
            var lease = _caller.LeaseOne();
            _caller.Window.GiveBack(lease.Offset, lease.Receipt);
        }

        Assert.Equal(new LeasedOffset(1, Receipt: 11, Delivery: 1), _caller.LeaseOne());
    }

    [Fact]
    public void No_message_dies_of_being_taken_back_with_the_one_before_it()
    {
        _caller.Append(1, 1);
        for (var i = 0; i < 2; i++)
            _caller.Nack(_caller.Lease(2)[0]);
        Assert.Equal(1, Assert.Single(TakeDying()).Offset);

        _caller.Window.Bury([1]);
        _caller.Save();
        _caller.Window.Release([1]);

        Assert.Equal(new LeasedOffset(2, Receipt: 3, Delivery: 3), _caller.LeaseOne());
    }

    [Fact]
    public void When_a_batch_expires_only_the_first_of_a_group_can_die()
    {
        _caller.Append(1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(10, _caller.Lease(10).Length);
            _caller.Pass(Caller.VisibilityMs);
        }

        Assert.Equal(1, Assert.Single(TakeDying()).Offset);
    }

    [Fact]
    public void More_dying_messages_than_are_asked_for_come_the_next_time()
    {
        _caller.Append(0, 0, 0);
        for (var i = 0; i < 2; i++)
        {
            _caller.Lease(3);
            _caller.Pass(Caller.VisibilityMs);
        }

        var into = new LeasedOffset[2];
        Assert.Equal(2, _caller.Window.TakeDying(into));
        Assert.Equal(1, _caller.Window.TakeDying(into));
    }

    [Fact]
    public void A_dying_message_dies_again_after_a_crash()
    {
        _caller.Append(1, 1);
        Fail(2);

        _caller.Crash();
        Assert.Empty(_caller.Lease(1));
        _caller.Pass(Caller.VisibilityMs);

        Assert.Equal(new LeasedOffset(1, Receipt: 2, Delivery: 2), Assert.Single(TakeDying()));
    }

    [Fact]
    public void A_dying_message_is_dying_after_a_clean_stop_and_is_not_delivered_once_more()
    {
        _caller.Append(1, 1);
        Fail(2);

        _caller.Restart();
        Assert.Equal(ReceiptStatus.Stale, _caller.Window.Ack(1, 2));

        Assert.Empty(_caller.Lease(1));
        Assert.Single(TakeDying());
    }

    [Fact]
    public void A_lease_that_ends_while_the_window_is_restored_can_be_the_last()
    {
        _caller.Append(0);
        _caller.Nack(_caller.LeaseOne());
        _caller.LeaseOne();

        _caller.Restore();
        _caller.NowMs += 2 * Caller.VisibilityMs;
        _caller.Read();
        _caller.Pass(0);

        Assert.Empty(_caller.Lease(1));
        Assert.Single(TakeDying());
    }

    [Fact]
    public void A_buried_message_does_not_come_back_once_its_group_has_gone_on()
    {
        _caller.Append(1, 1);
        Fail(2);
        TakeDying();
        _caller.Window.Bury([1]);
        _caller.Save();
        _caller.Window.Release([1]);
        _caller.LeaseOne();

        _caller.Crash();
        _caller.Pass(Caller.VisibilityMs);

        Assert.Equal([2], _caller.Lease(10).Select(lease => lease.Offset));
    }

    private void Fail(int times)
    {
        for (var i = 0; i < times; i++)
            _caller.Nack(_caller.LeaseOne());
    }

    private LeasedOffset[] TakeDying()
    {
        var into = new LeasedOffset[10];
        return into[.._caller.Window.TakeDying(into)];
    }
}
