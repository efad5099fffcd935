using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows;

public sealed class CrashTests
{
    private readonly Caller _caller = new(reserveAhead: 3);

    [Fact]
    public void What_was_leased_before_a_crash_is_leased_for_one_lease_time_more()
    {
        _caller.Append(0, 0);
        _caller.Lease(2);
        _caller.NowMs += 5_000;

        _caller.Crash();
        _caller.Pass(Caller.VisibilityMs - 1);
        Assert.Empty(_caller.Lease(2));
        _caller.Pass(1);

        Assert.Equal(2, _caller.Lease(2).Length);
    }

    [Fact]
    public void Old_receipts_still_ack_after_a_crash()
    {
        _caller.Append(0, 0);
        var leases = _caller.Lease(2);

        _caller.Crash();

        Assert.All(leases, lease => Assert.Equal(ReceiptStatus.Done, _caller.Ack(lease)));
        Assert.Equal(2, _caller.Window.Floor);
    }

    [Fact]
    public void Old_receipts_still_ack_after_many_crashes_with_saves_between_them()
    {
        _caller.Append(0, 0);
        var leases = _caller.Lease(2);
        for (var i = 0; i < 3; i++)
        {
            _caller.Crash();
            _caller.Save();
        }

        _caller.Crash();

        Assert.All(leases, lease => Assert.Equal(ReceiptStatus.Done, _caller.Ack(lease)));
    }

    [Fact]
    public void Old_receipts_still_ack_after_a_crash_and_a_clean_stop()
    {
        _caller.Append(0);
        var lease = _caller.LeaseOne();

        _caller.Crash();
        _caller.Restart();

        Assert.Equal(ReceiptStatus.Done, _caller.Ack(lease));
    }

    [Fact]
    public void A_message_leased_out_of_the_reservation_survives_a_crash_and_a_clean_stop()
    {
        _caller.Append(0, 0);
        _caller.Ack(_caller.LeaseOne());
        var lease = _caller.LeaseOne();

        _caller.Crash();
        _caller.Restart();

        Assert.Empty(_caller.Lease(1));
        Assert.Equal(ReceiptStatus.Done, _caller.Ack(lease));
    }

    [Fact]
    public void What_was_finished_durably_does_not_come_back()
    {
        _caller.Append(0, 0, 0, 0);
        var leases = _caller.Lease(4);
        _caller.Ack(leases[1]);
        _caller.Ack(leases[3]);

        _caller.Crash();
        _caller.Pass(Caller.VisibilityMs);

        Assert.Equal([1, 3], _caller.Lease(4).Select(lease => lease.Offset));
    }

    [Fact]
    public void An_ack_that_was_not_durable_is_forgotten()
    {
        _caller.Append(0);
        var lease = _caller.LeaseOne();
        _caller.Window.Ack(lease.Offset, lease.Receipt);

        _caller.Crash();

        Assert.Equal(ReceiptStatus.Done, _caller.Ack(lease));
    }

    [Fact]
    public void A_message_leased_out_of_the_reservation_and_acked_after_a_crash_does_not_come_back_after_the_next()
    {
        _caller.Append(0, 0, 0);
        _caller.LeaseOne();
        // 2 and 3 are reserved: no save knows that they are leased.
        var leases = _caller.Lease(2);
        Assert.Equal(1, _caller.Saves);
        _caller.Crash();

        Assert.Equal(ReceiptStatus.Done, _caller.Ack(leases[1]));
        _caller.Crash();
        _caller.Pass(Caller.VisibilityMs);

        Assert.Equal([1, 2], _caller.Lease(3).Select(lease => lease.Offset));
    }

    [Fact]
    public void What_is_beyond_the_reservation_was_not_leased_and_is_visible_at_once()
    {
        _caller.Append(0, 0, 0, 0, 0, 0);
        _caller.LeaseOne();

        _caller.Crash();

        Assert.Equal([5, 6], _caller.Lease(10).Select(lease => lease.Offset));
    }

    [Fact]
    public void New_messages_within_the_reservation_are_visible_at_once()
    {
        _caller.Append(0);
        _caller.LeaseOne();
        _caller.Crash();

        _caller.Append(0);

        Assert.Equal(2, _caller.LeaseOne().Offset);
    }

    [Fact]
    public void The_receipt_of_a_lease_before_the_last_is_stale_after_a_crash_and_cannot_free_the_message()
    {
        _caller.Append(0);
        var first = _caller.LeaseOne();
        _caller.Save();
        _caller.Pass(Caller.VisibilityMs);
        var second = _caller.LeaseOne();

        _caller.Crash();

        Assert.Equal(ReceiptStatus.Stale, _caller.Nack(first));
        Assert.Empty(_caller.Lease(1));
        Assert.Equal(ReceiptStatus.Done, _caller.Ack(second));
    }

    [Fact]
    public void A_receipt_number_is_given_out_once_even_when_restoring_takes_longer_than_a_lease()
    {
        _caller.Append(0, 0);
        _caller.LeaseOne();
        var lease = _caller.LeaseOne();
        Assert.Equal(1, _caller.Saves);

        _caller.Restore();
        _caller.NowMs += 2 * Caller.VisibilityMs;
        _caller.Read();
        _caller.Read();
        _caller.Window.EndRestore();
        _caller.Pass(0);
        var again = _caller.Lease(2)[1];

        Assert.Equal(new LeasedOffset(2, Receipt: 2, Delivery: 1), again);
        Assert.Equal(ReceiptStatus.Stale, _caller.Ack(lease));
    }

    [Fact]
    public void A_crash_in_the_middle_of_a_restore_loses_nothing()
    {
        _caller.Append(0, 0, 0, 0, 0, 0);
        var leases = _caller.Lease(6);
        _caller.Ack(leases[1]);
        _caller.Ack(leases[4]);

        _caller.Restore();
        _caller.Read();
        _caller.Save();
        _caller.Crash();

        Assert.Equal(ReceiptStatus.AlreadyDone, _caller.Ack(leases[1]));
        Assert.All([0, 2, 3, 5], i => Assert.Equal(ReceiptStatus.Done, _caller.Ack(leases[i])));
        Assert.Equal(6, _caller.Window.Floor);
    }

    [Fact]
    public void A_snapshot_in_the_middle_of_a_restore_keeps_the_longest_lease()
    {
        _caller.Append(0, 0);
        _caller.Lease(2, visibilityMs: 600_000);

        _caller.Restore();
        _caller.Save();
        _caller.Crash();
        _caller.Pass(Caller.VisibilityMs);

        Assert.Empty(_caller.Lease(2));
    }

    [Fact]
    public void A_finished_message_is_passed_over_even_when_the_unfinished_one_before_it_is_no_longer_wanted()
    {
        _caller.Append(0, 0, 0);
        var leases = _caller.Lease(3);
        _caller.Ack(leases[1]);
        _caller.Restore();

        // 1 does not match the consumer's new filter; what follows it is read in one go.
        _caller.Window.Append(2, 0, 0);
        _caller.Window.Append(3, 0, 0);

        Assert.Equal(1, _caller.Window.Counts.Unfinished);
        Assert.Equal(ReceiptStatus.Done, _caller.Ack(leases[2]));
    }

    [Fact]
    public void Finished_messages_behind_the_last_unfinished_one_stay_finished_when_the_stream_ends_before_the_reservation()
    {
        _caller.Append(0, 0, 0);
        var leases = _caller.Lease(3);
        _caller.Ack(leases[1]);
        _caller.Ack(leases[2]);

        _caller.Restore();
        _caller.Read();
        _caller.Window.EndRestore();

        Assert.Equal(4, _caller.Window.NextOffset);
        Assert.Equal(0, _caller.Window.Floor);
    }

    [Fact]
    public void A_restoring_window_has_room_for_all_it_held()
    {
        var options = new WindowOptions { Capacity = 2 };
        var caller = new Caller(options);
        caller.Append(0, 0, 0);
        caller.Lease(2);

        caller.Restore();
        Assert.True(caller.Window.IsRestoring);
        caller.Read();
        caller.Read();
        Assert.True(caller.Window.HasRoom);
        caller.Window.EndRestore();

        Assert.False(caller.Window.HasRoom);
    }

    [Fact]
    public void Delivery_counts_of_repeated_deliveries_survive_a_crash()
    {
        _caller.Append(0);
        _caller.Nack(_caller.LeaseOne());
        _caller.Nack(_caller.LeaseOne());

        _caller.Crash();
        _caller.Pass(Caller.VisibilityMs);

        Assert.Equal(3, _caller.LeaseOne().Delivery);
    }
}
