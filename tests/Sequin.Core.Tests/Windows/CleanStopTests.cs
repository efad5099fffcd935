using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows;

public sealed class CleanStopTests
{
    private readonly Caller _caller = new(new WindowOptions { MaxDeliveries = 5 });

    [Fact]
    public void Leases_go_on_where_they_were()
    {
        _caller.Append(0, 0);
        var lease = _caller.LeaseOne();
        _caller.Pass(20_000);

        _caller.Restart();
        Assert.Equal(new WindowCounts(Leased: 1, Ready: 1, 0, 0, 0, Unfinished: 2), _caller.Window.Counts);
        Assert.Equal(_caller.NowMs + 10_000, _caller.Window.NextDueMs);
        _caller.Pass(9_999);

        Assert.Equal(ReceiptStatus.Done, _caller.Ack(lease));
    }

    [Fact]
    public void What_nobody_has_is_visible_at_once()
    {
        _caller.Append(1, 1, 0);
        _caller.Nack(_caller.Lease(1)[0]);

        _caller.Restart();

        Assert.Equal(
            [new LeasedOffset(1, 2, 2), new LeasedOffset(3, 1, 1), new LeasedOffset(2, 1, 1)],
            _caller.Lease(10));
    }

    [Fact]
    public void Delays_go_on_where_they_were()
    {
        _caller.Append(0);
        var lease = _caller.LeaseOne();
        _caller.Nack(lease, delayMs: 60_000);

        _caller.Restart();
        Assert.Equal(1, _caller.Window.Counts.Delayed);
        Assert.Equal(ReceiptStatus.Stale, _caller.Ack(lease));
        _caller.Pass(59_999);
        Assert.Empty(_caller.Lease(1));
        _caller.Pass(1);

        Assert.Equal(2, _caller.LeaseOne().Delivery);
    }

    [Fact]
    public void A_receipt_that_was_taken_back_stays_void()
    {
        _caller.Append(1, 1);
        var leases = _caller.Lease(2);
        _caller.Nack(leases[0]);

        _caller.Restart();

        Assert.Equal(ReceiptStatus.Stale, _caller.Ack(leases[0]));
        Assert.Equal(ReceiptStatus.Stale, _caller.Ack(leases[1]));
    }

    [Fact]
    public void An_expired_receipt_is_still_good_for_a_late_ack()
    {
        _caller.Append(0);
        var lease = _caller.LeaseOne();
        _caller.Pass(Caller.VisibilityMs);

        _caller.Restart();

        Assert.Equal(ReceiptStatus.DoneLate, _caller.Ack(lease));
    }

    [Fact]
    public void A_batch_is_still_taken_back_together()
    {
        _caller.Append(1, 1);
        var leases = _caller.Lease(2);

        _caller.Restart();
        _caller.Nack(leases[0]);

        Assert.Equal(0, _caller.Window.Counts.Leased);
        Assert.Equal(ReceiptStatus.Stale, _caller.Ack(leases[1]));
    }

    [Fact]
    public void A_lease_given_after_a_clean_start_survives_a_crash()
    {
        _caller.Append(1, 1);
        _caller.Ack(_caller.Lease(2)[1]);
        _caller.Pass(Caller.VisibilityMs);
        _caller.Restart();

        // The state of the clean stop says that nobody has it.
        var lease = _caller.LeaseOne();
        _caller.Crash();

        Assert.Empty(_caller.Lease(1));
        Assert.Equal(ReceiptStatus.Done, _caller.Ack(lease));
    }

    [Fact]
    public void An_extension_given_after_a_clean_start_survives_a_crash()
    {
        _caller.Append(0);
        var lease = _caller.LeaseOne();
        _caller.Pass(25_000);
        _caller.Restart();

        _caller.Window.Extend(lease.Offset, lease.Receipt, _caller.NowMs, Caller.VisibilityMs, out var mustSave);

        Assert.True(mustSave);
    }

    [Fact]
    public void A_stop_in_the_middle_of_a_restore_is_no_clean_stop()
    {
        _caller.Append(0, 0, 0);
        var leases = _caller.Lease(3);

        _caller.Restore();
        _caller.Read();
        _caller.Restart();

        Assert.Equal(3, _caller.Window.Counts.Leased);
        Assert.All(leases, lease => Assert.Equal(ReceiptStatus.Done, _caller.Ack(lease)));
    }
}
