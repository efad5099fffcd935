using Sequin.Core.Changes;
using Sequin.Postgres.Source.Safety;
using Sequin.Postgres.Source.Setup;

namespace Sequin.Postgres.Tests.Source.Safety;

public sealed class SlotSafetyTests
{
    private const long MiB = 1 << 20;
    private static readonly DateTimeOffset Now = new(2026, 3, 20, 12, 0, 0, TimeSpan.Zero);
    private static readonly SlotSafetyLimits Limits = new() { RetainedBytesWarning = 100 * MiB, RetainedBytesError = 1000 * MiB };

    [Fact]
    public void A_slot_that_keeps_up_is_healthy() =>
        Assert.All(Judge(Reading(retained: MiB)), check => Assert.Equal((SafetyStatus.Healthy, null), (check.Status, check.Error)));

    [Theory]
    [InlineData(99, SafetyStatus.Healthy)]
    [InlineData(100, SafetyStatus.Warning)]
    [InlineData(999, SafetyStatus.Warning)]
    [InlineData(1000, SafetyStatus.Error)]
    public void What_a_slot_holds_back_is_judged_by_its_limits(long retainedMiB, SafetyStatus status) =>
        Assert.Equal(status, WalOf(Reading(retained: retainedMiB * MiB)).Status);

    [Theory]
    [InlineData("reserved", SafetyStatus.Healthy)]
    [InlineData("extended", SafetyStatus.Healthy)]
    [InlineData("unreserved", SafetyStatus.Error)]
    [InlineData("lost", SafetyStatus.Error)]
    [InlineData(null, SafetyStatus.Error)]
    public void A_slot_that_is_or_may_be_lost_is_an_error(string? walStatus, SafetyStatus status) =>
        Assert.Equal(status, WalOf(Reading(retained: MiB) with { WalStatus = walStatus }).Status);

    [Theory]
    [InlineData(7200, SafetyStatus.Healthy)]
    [InlineData(3000, SafetyStatus.Warning)]
    [InlineData(300, SafetyStatus.Error)]
    public void A_slot_that_falls_behind_is_judged_by_the_time_it_has_left(int secondsLeft, SafetyStatus status)
    {
        var falling = Reading(retained: MiB) with
        {
            SafeWalBytes = secondsLeft * MiB,
            WalBytesPerSecond = MiB,
            GrowthBytesPerSecond = MiB,
        };

        var check = WalOf(falling);

        Assert.Equal(status, check.Status);
        Assert.Equal(TimeSpan.FromSeconds(secondsLeft), falling.TimeToLoss);
        // The same of a slot that moves: it has all the time.
        Assert.Equal(SafetyStatus.Healthy, WalOf(falling with { GrowthBytesPerSecond = 0 }).Status);
    }

    [Theory]
    [InlineData(0.5, SafetyStatus.Healthy)]
    [InlineData(2, SafetyStatus.Warning)]
    [InlineData(13, SafetyStatus.Error)]
    public void A_transaction_that_stays_open_is_told(double hours, SafetyStatus status)
    {
        var check = Judge(Reading(retained: 0) with { OldestTransaction = TimeSpan.FromHours(hours) })
            .Single(check => check.Name == SlotSafety.Transactions);

        Assert.Equal(status, check.Status);
    }

    [Fact]
    public void A_role_that_lost_its_right_is_a_warning_while_the_stream_still_flows() =>
        Assert.Equal(SafetyStatus.Warning, Judge(Reading(retained: 0) with { MayReplicate = false })
            .Single(check => check.Name == SlotSafety.Privilege).Status);

    [Fact]
    public void What_is_not_known_is_not_healthy()
    {
        Assert.Equal(SafetyStatus.Initializing, Assert.Single(SlotSafety.Judge(null, Limits, "s", Now)).Status);
        Assert.Equal(SafetyStatus.Warning, Assert.Single(Judge(Reading(retained: 0) with { MeasuredAt = Now.AddMinutes(-10) })).Status);
        var unseen = Assert.Single(Judge(Reading(retained: 0) with { Error = "Nothing listens on db:5432." }));
        Assert.Contains("Nothing listens", unseen.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Rates_come_from_two_looks_and_follow_what_happens()
    {
        var reading = SlotReading.After(null, Seen(wal: 1000 * MiB, retained: 0), Now);
        Assert.Null(reading.WalBytesPerSecond);

        reading = SlotReading.After(reading, Seen(wal: 1100 * MiB, retained: 100 * MiB), Now.AddSeconds(10));
        Assert.Equal((10.0 * MiB, 10.0 * MiB), (reading.WalBytesPerSecond!.Value, reading.GrowthBytesPerSecond!.Value));
        Assert.True(reading.IsFallingBehind);

        for (var look = 2; look < 40; look++)
            reading = SlotReading.After(reading, Seen(wal: 1100 * MiB, retained: 0), Now.AddSeconds(10 * look));
        Assert.InRange(reading.WalBytesPerSecond!.Value, 0, 0.1 * MiB);
        Assert.False(reading.IsFallingBehind);
    }

    private static SlotObservation Seen(long wal, long retained) => new()
    {
        Slot = new SlotStatus { Name = "s", WalStatus = "reserved", RetainedBytes = retained, SafeWalSize = null },
        WalLsn = new Lsn((ulong)wal),
    };

    private static SlotReading Reading(long retained) => new()
    {
        MeasuredAt = Now,
        WalLsn = new Lsn(1),
        WalStatus = "reserved",
        RetainedBytes = retained,
    };

    private static IReadOnlyList<SafetyCheck> Judge(SlotReading reading) => SlotSafety.Judge(reading, Limits, "s", Now);

    private static SafetyCheck WalOf(SlotReading reading) => Judge(reading).Single(check => check.Name == SlotSafety.Wal);
}
