using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows;

/// <summary>After a crash every lease counts as running for as long as the longest that may be running.</summary>
public sealed class LongLeaseTests
{
    private const long LongMs = 600_000;
    private readonly Caller _caller = new();

    [Fact]
    public void A_long_lease_is_waited_for_after_a_crash()
    {
        _caller.Append(0);
        _caller.LeaseOne(LongMs);

        _caller.Crash();
        _caller.Pass(LongMs - 1);
        Assert.Empty(_caller.Lease(1));
        _caller.Pass(1);

        Assert.Single(_caller.Lease(1));
    }

    [Fact]
    public void A_long_extension_is_waited_for_after_a_crash()
    {
        _caller.Append(0);
        var lease = _caller.LeaseOne();
        _caller.Window.Extend(lease.Offset, lease.Receipt, _caller.NowMs, LongMs, out _);
        _caller.Save();

        _caller.Crash();
        _caller.Pass(LongMs - 1);

        Assert.Empty(_caller.Lease(1));
    }

    [Fact]
    public void A_long_lease_is_forgotten_once_none_runs()
    {
        _caller.Append(0, 0);
        _caller.Ack(_caller.LeaseOne(LongMs));
        _caller.LeaseOne();
        _caller.Save();

        _caller.Crash();
        _caller.Pass(Caller.VisibilityMs);

        Assert.Single(_caller.Lease(1));
    }

    [Fact]
    public void A_long_lease_is_not_covered_by_a_snapshot_that_may_be_followed_by_a_shorter_one()
    {
        _caller.Append(0, 0);
        var lease = _caller.LeaseOne(LongMs);
        _caller.Window.Ack(lease.Offset, lease.Receipt);
        // This one does not know of a long lease any more, and is on its way to disk.
        _caller.Write(exact: false);

        _caller.LeaseUnsaved(1, LongMs, out var mustSave);

        Assert.True(mustSave);
    }

    [Fact]
    public void A_late_word_of_an_earlier_snapshot_does_not_cover_a_long_lease()
    {
        _caller.Append(0, 0, 0);
        var long1 = Assert.Single(_caller.LeaseUnsaved(1, LongMs, out _));
        var first = _caller.Write(exact: false);
        _caller.Window.Ack(long1.Offset, long1.Receipt);
        _caller.Write(exact: false);
        _caller.Window.MarkDurable(first);

        _caller.LeaseUnsaved(1, LongMs, out var mustSave);

        Assert.True(mustSave);
    }

    [Fact]
    public void Leases_of_before_a_crash_are_waited_for_as_long_as_they_were_given_though_the_setting_is_shorter_now()
    {
        _caller.Append(0, 0);
        _caller.Ack(_caller.LeaseOne());
        // Within the reservation: when the last snapshot was made, nothing was leased.
        _caller.LeaseOne();

        _caller.Crash(new WindowOptions { VisibilityTimeoutMs = 1_000 });
        _caller.Pass(Caller.VisibilityMs - 1);

        Assert.Empty(_caller.Lease(1));
    }

    [Fact]
    public void A_lease_of_a_longer_setting_needs_a_save_before_a_snapshot_knows_the_setting()
    {
        _caller.Append(0);
        _caller.LeaseOne();

        _caller.Crash(new WindowOptions { VisibilityTimeoutMs = LongMs });
        _caller.Append(0);
        _caller.LeaseUnsaved(1, LongMs, out var mustSave);

        Assert.True(mustSave);
    }
}
