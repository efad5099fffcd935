using Sequin.Postgres.Backfills;

namespace Sequin.Postgres.Tests.Backfills;

public sealed class PageSizeTests
{
    private const int BytesTarget = 1_000_000;
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(4);

    [Fact]
    public void Quick_small_chunks_grow_twofold_up_to_a_limit()
    {
        var size = new PageSize(TimeMax, BytesTarget);
        size.OnRead(size.Rows, 1000, TimeSpan.FromMilliseconds(1));
        Assert.Equal(2000, size.Rows);

        for (var i = 0; i < 20; i++)
            size.OnRead(size.Rows, 1000, TimeSpan.FromMilliseconds(1));
        Assert.Equal(PageSize.RowsMax, size.Rows);
    }

    [Theory]
    [InlineData(1000, 4_000_000, 10, 250)]
    [InlineData(1000, 1_000_000, 2000, 500)]
    [InlineData(1000, 1_000_000, 1000, 1000)]
    [InlineData(1, 200_000_000, 4000, 1)]
    public void The_next_chunk_fits_time_and_bytes(int rows, long bytes, int elapsedMs, int expected)
    {
        var size = new PageSize(TimeMax, BytesTarget);

        size.OnRead(rows, bytes, TimeSpan.FromMilliseconds(elapsedMs));

        Assert.Equal(expected, size.Rows);
    }

    [Fact]
    public void Rows_of_one_size_come_to_a_steady_page()
    {
        var size = new PageSize(TimeMax, BytesTarget);
        for (var i = 0; i < 20; i++)
            size.OnRead(size.Rows, size.Rows * 400L, TimeSpan.FromMilliseconds(0.1 * size.Rows));

        Assert.Equal(2500, size.Rows);
    }

    [Fact]
    public void A_timeout_makes_it_smaller_down_to_one_row()
    {
        var size = new PageSize(TimeMax, BytesTarget);
        var tries = 0;
        while (size.TryShrinkAfterTimeout())
            tries++;

        Assert.Equal((1, 5), (size.Rows, tries));
    }

    [Fact]
    public void An_empty_chunk_says_nothing()
    {
        var size = new PageSize(TimeMax, BytesTarget);
        size.OnRead(0, 0, TimeSpan.Zero);

        Assert.Equal(PageSize.RowsFirst, size.Rows);
    }
}
