using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows;

public sealed class LeasingTests
{
    private readonly Caller _caller = new();

    [Fact]
    public void An_empty_window_leases_nothing()
    {
        Assert.Empty(_caller.Lease(10));
        Assert.Equal(default, _caller.Window.Counts);
    }

    [Fact]
    public void Messages_of_no_group_are_leased_in_order_of_their_offsets()
    {
        _caller.Append(0, 0, 0);

        Assert.Equal(
            [new LeasedOffset(1, Receipt: 1, Delivery: 1), new LeasedOffset(2, 1, 1), new LeasedOffset(3, 1, 1)],
            _caller.Lease(10));
        Assert.Equal(new WindowCounts(Leased: 3, Ready: 0, Delayed: 0, Finishing: 0, Halted: 0, Unfinished: 3), _caller.Window.Counts);
    }

    [Fact]
    public void A_leased_message_is_not_leased_again()
    {
        _caller.Append(0, 0);

        Assert.Equal(1, _caller.LeaseOne().Offset);
        Assert.Equal(2, _caller.LeaseOne().Offset);
        Assert.Empty(_caller.Lease(1));
    }

    [Fact]
    public void A_batch_is_no_larger_than_asked()
    {
        _caller.Append(1, 1, 1, 2, 2);

        Assert.Equal(2, _caller.Lease(2).Length);
        Assert.Empty(_caller.Lease(0));
    }

    [Fact]
    public void The_heads_of_all_groups_go_first_and_their_followers_fill_the_batch()
    {
        _caller.Append(1, 1, 1, 2, 2, 3);

        Assert.Equal([1, 4, 6, 2, 3], _caller.Lease(5).Select(lease => lease.Offset));
    }

    [Fact]
    public void Groups_take_turns()
    {
        _caller.Append(1, 1, 2, 2);

        var first = _caller.LeaseOne();
        _caller.Ack(first);

        Assert.Equal(3, _caller.LeaseOne().Offset);
        Assert.Equal(2, _caller.LeaseOne().Offset);
    }

    [Fact]
    public void No_more_than_the_allowed_number_is_leased_at_a_time()
    {
        var caller = new Caller(new WindowOptions { MaxAckPending = 2 });
        caller.Append(0, 0, 0);

        var leases = caller.Lease(3);

        Assert.Equal(2, leases.Length);
        Assert.Empty(caller.Lease(3));
        caller.Ack(leases[0]);
        Assert.Equal(3, caller.LeaseOne().Offset);
    }

    [Fact]
    public void A_window_has_room_up_to_its_capacity()
    {
        var caller = new Caller(new WindowOptions { Capacity = 2 });

        caller.Append(0, 0, 0);

        Assert.False(caller.Window.HasRoom);
        Assert.Equal(3, caller.Window.NextOffset);
        caller.Ack(caller.LeaseOne());
        Assert.True(caller.Window.HasRoom);
    }

    [Fact]
    public void An_offset_that_was_passed_is_not_taken()
    {
        _caller.Append(0);
        _caller.Window.AdvanceTo(5);

        _caller.Window.Append(1, 0, 0);
        _caller.Window.Append(5, 0, 0);
        _caller.Window.AdvanceTo(2);

        Assert.Equal(1, _caller.Window.Counts.Unfinished);
        Assert.Equal(6, _caller.Window.NextOffset);
    }

    [Fact]
    public void The_first_message_is_the_one_behind_the_start()
    {
        var window = new ConsumerWindow(new WindowOptions(), startAfter: 41);

        Assert.Equal(42, window.NextOffset);
        Assert.Equal(41, window.Floor);
    }

    [Fact]
    public void The_floor_stands_before_the_first_unfinished_message()
    {
        _caller.Append(0, 0, 0);
        var leases = _caller.Lease(3);

        _caller.Ack(leases[1]);
        Assert.Equal(0, _caller.Window.Floor);
        _caller.Ack(leases[0]);
        Assert.Equal(2, _caller.Window.Floor);
        _caller.Ack(leases[2]);
        Assert.Equal(3, _caller.Window.Floor);
    }

    [Fact]
    public void Passed_offsets_move_the_floor()
    {
        _caller.Append(0);
        _caller.AppendUnwanted();
        Assert.Equal(0, _caller.Window.Floor);

        _caller.Ack(_caller.LeaseOne());

        Assert.Equal(2, _caller.Window.Floor);
    }

    [Fact]
    public void A_first_lease_within_the_reservation_needs_no_save()
    {
        _caller.Append(0, 0);
        _caller.LeaseOne();
        Assert.Equal(1, _caller.Saves);

        _caller.LeaseOne();

        Assert.Equal(1, _caller.Saves);
    }

    [Fact]
    public void A_lease_beyond_the_reservation_needs_a_save()
    {
        var caller = new Caller(reserveAhead: 2);
        caller.Append(0, 0, 0, 0);

        // The first snapshot touches 1 and reserves 2 and 3.
        caller.Lease(1);
        caller.Lease(2);
        Assert.Equal(1, caller.Saves);
        caller.Lease(1);

        Assert.Equal(2, caller.Saves);
    }

    [Fact]
    public void A_lease_longer_than_any_known_needs_a_save()
    {
        _caller.Append(0, 0, 0);
        _caller.LeaseOne();

        _caller.LeaseUnsaved(1, Caller.VisibilityMs + 1, out var mustSave);
        Assert.True(mustSave);
        _caller.Save();

        _caller.LeaseUnsaved(1, Caller.VisibilityMs + 1, out mustSave);
        Assert.False(mustSave);
    }

    [Fact]
    public void A_second_lease_of_a_message_needs_a_save()
    {
        _caller.Append(0);
        _caller.Nack(_caller.LeaseOne());

        _caller.LeaseUnsaved(1, Caller.VisibilityMs, out var mustSave);

        Assert.True(mustSave);
    }

    [Fact]
    public void What_is_ready_counts_what_may_follow_in_the_same_batch()
    {
        _caller.Append(1, 1, 2, 1);
        _caller.AppendMove(1, former: 3);
        Assert.True(_caller.Window.HasReady(4));
        Assert.False(_caller.Window.HasReady(5));

        Assert.Equal(4, _caller.Lease(5).Length);
        Assert.False(_caller.Window.HasReady(1));
    }
}
