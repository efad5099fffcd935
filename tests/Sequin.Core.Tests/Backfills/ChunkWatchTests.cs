using Sequin.Core.Backfills;
using Sequin.Core.Changes;

namespace Sequin.Core.Tests.Backfills;

public sealed class ChunkWatchTests
{
    private static readonly Guid Chunk = Guid.NewGuid();
    private static readonly ulong[] Groups = [11, 12, 13];

    [Fact]
    public void A_row_changed_by_a_transaction_that_the_snapshot_does_not_see_is_dropped()
    {
        var watch = Expecting("100:110:105");
        watch.OnChange(105, 11, GroupHash.None);
        watch.OnChange(110, 12, GroupHash.None);
        watch.OnChange(104, 13, GroupHash.None);

        Assert.Equal([true, true, false], DroppedBy(watch));
    }

    [Fact]
    public void A_change_that_was_streamed_before_the_snapshot_but_is_not_seen_by_it_counts()
    {
        var watch = new ChunkWatch();
        watch.OnChange(726, 12, GroupHash.None);
        Assert.True(watch.TryExpect(Chunk, TransactionSnapshot.Parse("726:726:")));

        Assert.Equal([false, true, false], DroppedBy(watch));
    }

    [Fact]
    public void A_row_that_moved_to_another_key_is_dropped_under_both()
    {
        var watch = Expecting("100:100:");
        watch.OnChange(101, 11, formerGroup: 13);

        Assert.Equal([true, false, true], DroppedBy(watch));
    }

    [Fact]
    public void A_change_of_the_table_makes_the_chunk_be_read_again()
    {
        var watch = Expecting("100:100:");
        watch.OnTableChange(101);

        Assert.True(watch.Judge(Groups).MustReadAgain);
        Assert.True(watch.TryExpect(Chunk, TransactionSnapshot.Parse("102:102:")));
        Assert.Equal([false, false, false], DroppedBy(watch));
    }

    [Fact]
    public void A_change_without_a_key_may_be_of_any_row()
    {
        var watch = Expecting("100:100:");
        watch.OnChange(101, GroupHash.None, GroupHash.None);

        Assert.True(watch.Judge(Groups).MustReadAgain);
    }

    [Fact]
    public void What_no_snapshot_has_seen_counts_for_the_next_chunk_too()
    {
        var watch = Expecting("100:100:");
        watch.OnChange(101, 11, GroupHash.None);
        Assert.Equal([true, false, false], DroppedBy(watch));

        Assert.True(watch.TryExpect(Chunk, TransactionSnapshot.Parse("101:103:101")));
        Assert.Equal([true, false, false], DroppedBy(watch));
    }

    [Fact]
    public void A_chunk_waits_for_the_end_of_transactions_from_before_the_watch()
    {
        var watch = new ChunkWatch();
        watch.RequireEnded(105);

        Assert.False(watch.TryExpect(Chunk, TransactionSnapshot.Parse("104:106:104")));
        Assert.Null(watch.ExpectedChunk);
        Assert.True(watch.TryExpect(Chunk, TransactionSnapshot.Parse("105:106:105")));
    }

    [Fact]
    public void Changes_beyond_the_limit_make_the_chunk_be_read_again_when_they_are_seen()
    {
        var watch = new ChunkWatch(changesMax: 2);
        Assert.True(watch.TryExpect(Chunk, TransactionSnapshot.Parse("100:100:")));
        for (var xid = 103UL; xid > 100; xid--)
            watch.OnChange(xid, 99, GroupHash.None);

        Assert.True(watch.Judge(Groups).MustReadAgain);
        Assert.Equal(104UL, watch.EndedBelow);
        Assert.False(watch.TryExpect(Chunk, TransactionSnapshot.Parse("103:105:103")));
        Assert.True(watch.TryExpect(Chunk, TransactionSnapshot.Parse("104:105:104")));
        Assert.Equal([false, false, false], DroppedBy(watch));
    }

    [Fact]
    public void A_row_without_a_key_cannot_be_judged()
    {
        var watch = Expecting("100:100:");

        Assert.Throws<ArgumentException>(() => watch.Judge([GroupHash.None]));
    }

    private static ChunkWatch Expecting(string snapshot)
    {
        var watch = new ChunkWatch();
        Assert.True(watch.TryExpect(Chunk, TransactionSnapshot.Parse(snapshot)));
        Assert.Equal(Chunk, watch.ExpectedChunk);
        return watch;
    }

    private static bool[] DroppedBy(ChunkWatch watch)
    {
        var verdict = watch.Judge(Groups);
        Assert.False(verdict.MustReadAgain);
        bool[] dropped = [.. Enumerable.Range(0, Groups.Length).Select(verdict.IsDropped)];
        Assert.Equal(dropped.Count(isDropped => isDropped), verdict.DroppedCount);
        return dropped;
    }
}
