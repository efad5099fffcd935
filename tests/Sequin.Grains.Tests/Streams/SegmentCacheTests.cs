using Sequin.Core.Identity;
using Sequin.Grains.Streams;

namespace Sequin.Grains.Tests.Streams;

public sealed class SegmentCacheTests
{
    private static readonly StreamKey Stream = StreamKey.New();

    [Fact]
    public void Finds_the_segment_that_holds_an_offset_and_no_other()
    {
        var cache = new SegmentCache(budgetBytes: 1_000_000);
        cache.Add(Sample.Segment(Stream, 1, 10));
        cache.Add(Sample.Segment(Stream, 21, 10));

        Assert.True(cache.TryGet(Stream, 1, out var first));
        Assert.Equal(1, first.BaseOffset);
        Assert.True(cache.TryGet(Stream, 30, out var last));
        Assert.Equal(21, last.BaseOffset);
        Assert.False(cache.TryGet(Stream, 11, out _));
        Assert.False(cache.TryGet(Stream, 31, out _));
        Assert.False(cache.TryGet(StreamKey.New(), 1, out _));
    }

    [Fact]
    public void Stays_within_its_budget_and_lets_the_longest_unused_go()
    {
        var size = Sample.Segment(Stream, 1, 10).SizeBytes;
        var cache = new SegmentCache(3 * size + (size / 2));
        for (var offset = 1; offset <= 21; offset += 10)
            cache.Add(Sample.Segment(Stream, offset, 10));
        Assert.True(cache.TryGet(Stream, 1, out _));

        cache.Add(Sample.Segment(Stream, 31, 10));

        Assert.True(cache.SizeBytes <= 3 * size + (size / 2));
        Assert.True(cache.TryGet(Stream, 1, out _));
        Assert.False(cache.TryGet(Stream, 11, out _));
        Assert.True(cache.TryGet(Stream, 31, out _));
    }

    [Fact]
    public void Counts_a_segment_once_however_often_it_is_added()
    {
        var cache = new SegmentCache(1_000_000);
        cache.Add(Sample.Segment(Stream, 1, 10));
        var size = cache.SizeBytes;

        cache.Add(Sample.Segment(Stream, 1, 10));

        Assert.Equal(size, cache.SizeBytes);
    }

    [Fact]
    public void A_segment_above_the_whole_budget_is_kept_until_the_next_comes()
    {
        var cache = new SegmentCache(budgetBytes: 10);
        cache.Add(Sample.Segment(Stream, 1, 10));
        Assert.True(cache.TryGet(Stream, 5, out _));

        cache.Add(Sample.Segment(Stream, 11, 10));

        Assert.False(cache.TryGet(Stream, 5, out _));
        Assert.True(cache.TryGet(Stream, 15, out _));
    }
}
