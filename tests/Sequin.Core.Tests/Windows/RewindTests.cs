using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows;

public sealed class RewindTests
{
    private readonly Caller _caller = new();

    [Fact]
    public void A_rewind_starts_a_new_generation_at_another_place()
    {
        _caller.Append(1, 1, 0);
        _caller.Lease(2);

        _caller.Window.Rewind(startAfter: 1);

        Assert.Equal(2, _caller.Window.Generation);
        Assert.Equal(2, _caller.Window.NextOffset);
        Assert.Equal(1, _caller.Window.Floor);
        Assert.Equal(default, _caller.Window.Counts);
        Assert.Null(_caller.Window.NextDueMs);
        Assert.Empty(_caller.Lease(1));
    }

    [Fact]
    public void Messages_come_again_from_there_in_order()
    {
        _caller.Append(1, 1, 1);
        _caller.Ack(_caller.LeaseOne());

        _caller.Window.Rewind(startAfter: 0);
        _caller.Append();

        Assert.Equal([1, 2, 3], _caller.Lease(3).Select(lease => lease.Offset));
    }

    [Fact]
    public void A_lease_after_a_rewind_needs_a_save_before_the_rewind_is_durable()
    {
        _caller.Append(0, 0);
        _caller.Lease(2);

        _caller.Window.Rewind(startAfter: 0);
        _caller.Append();
        _caller.LeaseUnsaved(1, Caller.VisibilityMs, out var mustSave);

        Assert.True(mustSave);
    }

    [Fact]
    public void A_snapshot_of_before_a_rewind_covers_nothing_after_it()
    {
        _caller.Append(0, 0);
        _caller.LeaseOne();
        var token = _caller.Write(exact: false);

        _caller.Window.Rewind(startAfter: 0);
        _caller.Append();
        _caller.Window.MarkDurable(token);
        _caller.LeaseUnsaved(1, Caller.VisibilityMs, out var mustSave);

        Assert.True(mustSave);
    }

    [Fact]
    public void A_durable_rewind_survives_a_crash()
    {
        _caller.Append(0, 0);
        _caller.Ack(_caller.LeaseOne());
        _caller.Window.Rewind(startAfter: 0);
        _caller.Save();

        _caller.Crash();
        _caller.Pass(Caller.VisibilityMs);

        Assert.Equal(2, _caller.Window.Generation);
        Assert.Equal([1, 2], _caller.Lease(2).Select(lease => lease.Offset));
    }

    [Fact]
    public void A_rewind_ends_a_restore()
    {
        _caller.Append(0, 0);
        _caller.Lease(2);
        _caller.Restore();

        _caller.Window.Rewind(startAfter: 1);

        Assert.False(_caller.Window.IsRestoring);
        Assert.Equal(2, _caller.Window.NextOffset);
    }
}
