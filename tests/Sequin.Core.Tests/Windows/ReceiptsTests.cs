using Sequin.Core.Receipts;
using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows;

public sealed class ReceiptsTests
{
    private readonly Caller _caller = new();

    [Fact]
    public void An_ack_finishes_a_message_and_a_second_one_says_so()
    {
        _caller.Append(0);
        var lease = _caller.LeaseOne();

        Assert.Equal(ReceiptStatus.Done, _caller.Window.Ack(lease.Offset, lease.Receipt));
        Assert.Equal(ReceiptStatus.AlreadyDone, _caller.Window.Ack(lease.Offset, lease.Receipt));
        Assert.Equal(1, _caller.Window.Counts.Finishing);
        _caller.Save();
        _caller.Window.Release([lease.Offset]);

        Assert.Equal(ReceiptStatus.AlreadyDone, _caller.Window.Ack(lease.Offset, lease.Receipt));
        Assert.Equal(default, _caller.Window.Counts);
    }

    [Fact]
    public void An_expired_lease_makes_the_message_visible_again()
    {
        _caller.Append(0);
        _caller.LeaseOne();

        _caller.Pass(Caller.VisibilityMs - 1);
        Assert.Empty(_caller.Lease(1));
        _caller.Pass(1);

        Assert.Equal(new LeasedOffset(1, Receipt: 2, Delivery: 2), _caller.LeaseOne());
    }

    [Fact]
    public void An_ack_after_expiry_counts_while_nobody_else_has_the_message()
    {
        _caller.Append(0);
        var lease = _caller.LeaseOne();
        _caller.Pass(Caller.VisibilityMs);

        Assert.Equal(ReceiptStatus.DoneLate, _caller.Ack(lease));
        Assert.Empty(_caller.Lease(1));
    }

    [Fact]
    public void The_receipt_of_an_earlier_lease_is_stale()
    {
        _caller.Append(0);
        var first = _caller.LeaseOne();
        _caller.Pass(Caller.VisibilityMs);
        var second = _caller.LeaseOne();

        Assert.Equal(ReceiptStatus.Stale, _caller.Ack(first));
        Assert.Equal(ReceiptStatus.Stale, _caller.Nack(first));
        Assert.Equal(ReceiptStatus.Done, _caller.Ack(second));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 0)]
    [InlineData(1, -1)]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    public void A_receipt_that_was_never_given_out_is_unknown(long offset, int receipt)
    {
        _caller.Append(0, 0);
        _caller.LeaseOne();

        Assert.Equal(ReceiptStatus.Unknown, _caller.Window.Ack(offset, receipt));
        Assert.Equal(ReceiptStatus.Unknown, _caller.Window.Nack(offset, receipt, _caller.NowMs, 0));
        Assert.Equal(ReceiptStatus.Unknown, _caller.Window.GiveBack(offset, receipt));
        Assert.Equal(ReceiptStatus.Unknown, _caller.Window.Extend(offset, receipt, _caller.NowMs, 1, out _));
        Assert.Equal(new WindowCounts(Leased: 1, Ready: 1, 0, 0, 0, Unfinished: 2), _caller.Window.Counts);
    }

    [Fact]
    public void A_nacked_message_is_visible_at_once_and_its_receipt_void()
    {
        _caller.Append(0);
        var lease = _caller.LeaseOne();

        Assert.Equal(ReceiptStatus.Done, _caller.Nack(lease));

        Assert.Equal(ReceiptStatus.Stale, _caller.Ack(lease));
        Assert.Equal(2, _caller.LeaseOne().Delivery);
    }

    [Fact]
    public void A_nack_after_expiry_changes_nothing()
    {
        _caller.Append(0);
        var lease = _caller.LeaseOne();
        _caller.Pass(Caller.VisibilityMs);

        Assert.Equal(ReceiptStatus.Stale, _caller.Nack(lease, delayMs: 1_000));
        Assert.Equal(1, _caller.Window.Counts.Ready);
    }

    [Fact]
    public void A_nack_with_a_delay_hides_the_message_and_its_group_for_so_long()
    {
        _caller.Append(1, 1);
        _caller.Nack(_caller.LeaseOne(), delayMs: 5_000);
        Assert.Equal(new WindowCounts(0, 0, Delayed: 1, 0, 0, Unfinished: 2), _caller.Window.Counts);
        Assert.Equal(_caller.NowMs + 5_000, _caller.Window.NextDueMs);

        _caller.Pass(4_999);
        Assert.Empty(_caller.Lease(2));
        _caller.Pass(1);

        Assert.Equal([1, 2], _caller.Lease(2).Select(lease => lease.Offset));
    }

    [Fact]
    public void A_message_given_back_was_not_delivered()
    {
        _caller.Append(1, 1);
        var leases = _caller.Lease(2);

        Assert.Equal(ReceiptStatus.Done, _caller.Window.GiveBack(leases[1].Offset, leases[1].Receipt));
        Assert.Equal(ReceiptStatus.Done, _caller.Window.GiveBack(leases[0].Offset, leases[0].Receipt));

        Assert.Equal(ReceiptStatus.Stale, _caller.Ack(leases[0]));
        Assert.Equal([new LeasedOffset(1, Receipt: 2, Delivery: 1), new LeasedOffset(2, 2, 1)], _caller.Lease(2));
    }

    [Fact]
    public void A_message_whose_lease_has_ended_is_not_given_back()
    {
        _caller.Append(0);
        var lease = _caller.LeaseOne();
        _caller.Pass(Caller.VisibilityMs);

        Assert.Equal(ReceiptStatus.Stale, _caller.Window.GiveBack(lease.Offset, lease.Receipt));
        Assert.Equal(2, _caller.LeaseOne().Delivery);
    }

    [Theory]
    [InlineData(60_000)]
    [InlineData(10)]
    public void An_extended_lease_ends_that_long_from_now(long visibilityMs)
    {
        _caller.Append(0);
        var lease = _caller.LeaseOne();
        _caller.Pass(20_000);

        Assert.Equal(ReceiptStatus.Done, Extend(lease, visibilityMs));

        Assert.Equal(_caller.NowMs + visibilityMs, _caller.Window.NextDueMs);
        _caller.Pass(visibilityMs - 1);
        Assert.Empty(_caller.Lease(1));
        _caller.Pass(1);
        Assert.Equal(2, _caller.LeaseOne().Receipt);
    }

    [Fact]
    public void An_extension_longer_than_any_known_lease_needs_a_save()
    {
        _caller.Append(0);
        var lease = _caller.LeaseOne();

        _caller.Window.Extend(lease.Offset, lease.Receipt, _caller.NowMs, Caller.VisibilityMs, out var mustSave);
        Assert.False(mustSave);
        _caller.Window.Extend(lease.Offset, lease.Receipt, _caller.NowMs, Caller.VisibilityMs + 1, out mustSave);
        Assert.True(mustSave);
    }

    [Fact]
    public void A_lease_that_has_ended_cannot_be_extended()
    {
        _caller.Append(0, 0);
        var expired = _caller.LeaseOne();
        _caller.Pass(Caller.VisibilityMs);
        Assert.Equal(ReceiptStatus.Stale, Extend(expired, 1_000));

        var acked = _caller.LeaseOne();
        _caller.Ack(acked);
        Assert.Equal(ReceiptStatus.AlreadyDone, Extend(acked, 1_000));
    }

    [Fact]
    public void Nothing_is_due_when_nothing_is_leased_or_delayed()
    {
        _caller.Append(0);
        Assert.Null(_caller.Window.NextDueMs);

        _caller.Ack(_caller.LeaseOne());

        Assert.Null(_caller.Window.NextDueMs);
    }

    [Fact]
    public void Releasing_what_is_not_finishing_is_harmless()
    {
        _caller.Append(0, 0);
        _caller.LeaseOne();

        _caller.Window.Release([1, 2, 3, -1]);
        _caller.Window.Bury([1, 2, 3, -1]);

        Assert.Equal(new WindowCounts(Leased: 1, Ready: 1, 0, 0, 0, Unfinished: 2), _caller.Window.Counts);
    }

    [Fact]
    public void Receipt_numbers_start_over_when_a_receipt_can_count_no_further()
    {
        var window = Snapshots.Restored(
            exact: true, touched: 1, (1, new SnapshotDetail(Receipt.NumberMax, Delivery: 5, Hold: 0)));
        window.Append(1, 0, 0);
        var into = new LeasedOffset[1];

        window.Lease(into, 0, 1_000, out _);

        Assert.Equal(new LeasedOffset(1, Receipt: 1, Delivery: 6), into[0]);
        Assert.Equal(ReceiptStatus.Unknown, window.Ack(1, Receipt.NumberMax));
        Assert.Equal(ReceiptStatus.Done, window.Ack(1, 1));
    }

    private ReceiptStatus Extend(LeasedOffset lease, long visibilityMs)
    {
        var status = _caller.Window.Extend(lease.Offset, lease.Receipt, _caller.NowMs, visibilityMs, out var mustSave);
        if (mustSave)
            _caller.Save();
        return status;
    }
}
