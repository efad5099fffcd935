using Sequin.Core.Identity;
using Sequin.Core.Segments;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Retention;
using Sequin.Postgres.Log.Segments;

namespace Sequin.Postgres.Tests.Log.Retention;

public sealed class RetentionStoreTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_deletion_notes_what_is_gone_and_the_newest_segment_is_never_offered()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var stream = await WriteAsync(log, [10, 10, 10]);
        var store = new RetentionStore(log.DataSource);
        var claimed = Assert.Single(await store.ClaimAsync(TimeSpan.Zero, 10, Cancellation));
        Assert.Empty(await store.ClaimAsync(TimeSpan.FromMinutes(1), 10, Cancellation));

        Assert.Equal([10, 20], (await store.ListOldestAsync(stream, Cancellation)).Select(segment => segment.LastOffset));
        Assert.Equal(20, await store.DeleteAsync(claimed, 20, [], Cancellation));

        var positions = new StreamPositions(log.DataSource);
        Assert.Equal((21, 30), await positions.ReadEndsAsync(stream, Cancellation));
        Assert.Equal(new FoundPosition.NotKept(21), await positions.FindAsync(stream, new StartPosition.AtOffset(20), Cancellation));
        Assert.Equal(new FoundPosition.At(20, 0), await positions.FindAsync(stream, new StartPosition.Beginning(), Cancellation));
        Assert.Empty(await store.ListOldestAsync(stream, Cancellation));
    }

    [Fact]
    public async Task Who_was_put_somewhere_meanwhile_is_not_overtaken()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var stream = await WriteAsync(log, [10, 10]);
        var store = new RetentionStore(log.DataSource);
        var claimed = Assert.Single(await store.ClaimAsync(TimeSpan.Zero, 10, Cancellation));

        Assert.Null(await new StreamPositions(log.DataSource).HoldAsync(stream, 3, Cancellation));

        Assert.Null(await store.DeleteAsync(claimed, 10, [], Cancellation));
        claimed = Assert.Single(await store.ClaimAsync(TimeSpan.Zero, 10, Cancellation));
        Assert.Equal(10, await store.DeleteAsync(claimed, 10, [], Cancellation));
        Assert.Equal(11, await new StreamPositions(log.DataSource).HoldAsync(stream, 3, Cancellation));
    }

    [Fact]
    public async Task Small_old_segments_become_large_ones_with_the_same_messages()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var stream = await WriteAsync(log, [.. Enumerable.Repeat(1, 1995), 30, .. Enumerable.Repeat(2, 20)]);
        await log.ExecuteAsync($"UPDATE sequin.segments SET audience = '{Guid.NewGuid()}', kind = 2 WHERE base_offset = 500");
        var before = await ReadAsync(log, stream);
        var merger = new SegmentMerger(log.DataSource);

        var (after, merged) = await merger.RunAsync(stream, 0, Cancellation);
        for (var more = 1; more > 0; merged += more)
            (after, more) = await merger.RunAsync(stream, after, Cancellation);

        Assert.Equal(before, await ReadAsync(log, stream));
        var segments = await new SegmentReader(log.DataSource).ReadAsync(stream, 0, 100_000_000, 3000, Cancellation);
        Assert.Equal(2016 - merged, segments.Count);
        Assert.Equal([1, 500, 501, 2034], segments.Take(4).Select(segment => segment.BaseOffset));
        Assert.NotNull(segments[1].Audience);
        Assert.All(segments, segment => Assert.True(segment.Count <= SegmentLimits.MessagesMax));
    }

    private static async Task<StreamKey> WriteAsync(LogTestDatabase log, int[] counts)
    {
        var database = await log.InsertDatabaseAsync();
        var stream = (await new StreamCatalog(log.DataSource).ListAsync(database.Id, Cancellation))[0].Id;
        var next = 1L;
        var segments = new List<Segment>();
        foreach (var count in counts)
        {
            segments.Add(LogSamples.Segment(stream, next, count));
            next += count;
        }

        await log.AppendAsync(database.Id, [.. segments]);
        return stream;
    }

    private static async Task<List<string>> ReadAsync(LogTestDatabase log, StreamKey stream)
    {
        var messages = new List<string>();
        foreach (var segment in await new SegmentReader(log.DataSource).ReadAsync(stream, 0, 100_000_000, 3000, Cancellation))
        {
            for (var i = 0; i < segment.Count; i++)
            {
                var run = segment.Entries.RunOf(i);
                messages.Add(string.Join(' ', segment.BaseOffset + i, segment.Audience, segment.Kind, run.CommitLsn, run.CommitTimeMicros,
                    run.FirstOrdinal + i - run.FirstIndex, segment.Tables[segment.Entries.Tables[i]], segment.Entries.Actions[i],
                    segment.Entries.Groups[i], segment.Entries.FormerGroup(i), System.Text.Encoding.UTF8.GetString(segment.Message(i).Span)));
            }
        }

        return messages;
    }
}
