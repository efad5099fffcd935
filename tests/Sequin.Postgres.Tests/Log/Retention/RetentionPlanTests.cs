using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Retention;

namespace Sequin.Postgres.Tests.Log.Retention;

public sealed class RetentionPlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 20, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Segments_go_that_are_older_than_the_age() => Assert.Equal(20,
        RetentionPlan.Wanted(new StreamRetention { MaxAgeSeconds = 60 }, [Segment(1, 200), Segment(11, 100), Segment(21, 30)], 300, Now));

    [Fact]
    public void A_clock_that_was_ahead_once_keeps_nothing_for_ever()
    {
        KeptSegment[] segments = [Segment(1, 200) with { LastCommitTime = Now.AddYears(1) }, Segment(11, 100), Segment(21, 30)];

        Assert.Equal(20, RetentionPlan.Wanted(new StreamRetention { MaxAgeSeconds = 60 }, segments, 300, Now));
    }

    [Theory]
    [InlineData(300, 0)]
    [InlineData(299, 10)]
    [InlineData(200, 10)]
    [InlineData(150, 20)]
    [InlineData(1, 30)]
    public void As_many_of_the_oldest_go_as_bring_it_below_its_bytes(long maxBytes, long wanted) => Assert.Equal(wanted,
        RetentionPlan.Wanted(new StreamRetention { MaxBytes = maxBytes }, [Segment(1, 9), Segment(11, 8), Segment(21, 7)], 300, Now));

    [Theory]
    [InlineData(30, 9, 0)]
    [InlineData(30, 10, 10)]
    [InlineData(30, 25, 20)]
    [InlineData(20, 99, 20)]
    public void Only_whole_segments_go_that_everybody_has_finished(long wanted, long floor, long allowed) => Assert.Equal(allowed,
        RetentionPlan.Allowed(wanted, [Segment(1, 9), Segment(11, 8), Segment(21, 7)], floor));

    private static KeptSegment Segment(long baseOffset, int secondsAgo) =>
        new(baseOffset, baseOffset + 9, Now.AddSeconds(-secondsAgo), Now.AddSeconds(-secondsAgo + 1), 100);
}
