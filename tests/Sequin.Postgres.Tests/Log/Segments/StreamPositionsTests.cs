using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Core.Segments;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Postgres.Log.Slots;

namespace Sequin.Postgres.Tests.Log.Segments;

public sealed class StreamPositionsTests
{
    private const long Second = 1_774_000_000_000_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(100, 0)]
    [InlineData(101, 1)]
    [InlineData(103, 2)]
    [InlineData(105, 4)]
    [InlineData(106, 5)]
    [InlineData(107, 6)]
    public async Task A_timestamp_is_the_first_message_committed_then_or_later(long wanted, long startAfter)
    {
        await using var log = await LogTestDatabase.CreateAsync();
        // The fourth was committed before the third, as PostgreSQL may have it.
        var stream = await WriteAsync(log, [[100, 101], [103, 102], [105], [106]]);

        var found = await FindAsync(log, stream, new StartPosition.AtTimestamp(Second + wanted));

        Assert.Equal(new FoundPosition.At(startAfter, Second + wanted), found);
    }

    [Fact]
    public async Task Every_place_among_many_small_segments_is_found()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var random = new Random(5);
        var times = Enumerable.Range(0, 60).Select(i => (i * 10L) + random.Next(25)).ToArray();
        var stream = await WriteAsync(log, [.. times.Chunk(3).SelectMany(three => new[] { three[..1], three[1..] })]);

        for (var wanted = 0L; wanted < 640; wanted += 7)
        {
            var expected = Array.FindIndex(times, time => time >= wanted) is >= 0 and var index ? index : times.Length;
            Assert.Equal(
                new FoundPosition.At(expected, Second + wanted),
                await FindAsync(log, stream, new StartPosition.AtTimestamp(Second + wanted)));
        }

        for (var lsn = 50UL; lsn <= 6000; lsn += 350)
        {
            var expected = (long)((lsn + 99) / 100) - 1;
            Assert.Equal(new FoundPosition.At(expected, 0), await FindAsync(log, stream, new StartPosition.AtLsn(new Lsn(lsn))));
        }
    }

    [Fact]
    public async Task What_the_stream_does_not_have_is_said()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var stream = await WriteAsync(log, [[1, 2], [3, 4], [5]]);
        await log.ExecuteAsync($"""
            DELETE FROM sequin.segments WHERE base_offset = 1;
            UPDATE sequin.streams SET trimmed_through = 2, trimmed_commit_lsn = '0/C8',
                trimmed_commit_time = (SELECT first_commit_time FROM sequin.segments WHERE base_offset = 3) - interval '1 microsecond'
            WHERE id = '{stream}'
            """);

        Assert.Equal(new FoundPosition.At(2, 0), await FindAsync(log, stream, new StartPosition.Beginning()));
        Assert.Equal(new FoundPosition.At(5, 0), await FindAsync(log, stream, new StartPosition.Now()));
        Assert.Equal(new FoundPosition.At(2, 0), await FindAsync(log, stream, new StartPosition.AtOffset(3)));
        Assert.Equal(new FoundPosition.At(5, 0), await FindAsync(log, stream, new StartPosition.AtOffset(6)));
        Assert.Equal(new FoundPosition.NotKept(3), await FindAsync(log, stream, new StartPosition.AtOffset(2)));
        Assert.Equal(new FoundPosition.OffsetBeyondEnd(5), await FindAsync(log, stream, new StartPosition.AtOffset(7)));
        Assert.Equal(new FoundPosition.NotKept(3), await FindAsync(log, stream, new StartPosition.AtTimestamp(Second + 2)));
        Assert.IsType<FoundPosition.At>(await FindAsync(log, stream, new StartPosition.AtTimestamp(Second + 3)));
        Assert.IsType<FoundPosition.TimeBeyondEnd>(await FindAsync(log, stream, new StartPosition.AtTimestamp(Second * 2)));
        Assert.Equal(new FoundPosition.NotKept(3), await FindAsync(log, stream, new StartPosition.AtLsn(new Lsn(200))));
        Assert.Equal(new FoundPosition.At(2, 0), await FindAsync(log, stream, new StartPosition.AtLsn(new Lsn(201))));
        Assert.IsType<FoundPosition.LsnBeyondEnd>(await FindAsync(log, stream, new StartPosition.AtLsn(new Lsn(100_000))));
        Assert.Null(await FindAsync(log, StreamKey.New(), new StartPosition.Now()));
    }

    [Fact]
    public async Task Lsns_count_from_the_present_epoch_on()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var stream = await WriteAsync(log, [[1, 2], [3, 4]]);
        var database = new DatabaseId(await log.ScalarAsync<Guid>("SELECT id FROM sequin.databases"));
        var slots = new SlotStore(log.DataSource);
        var lease = await log.AcquireAsync(database);
        var begin = new SlotPosition(new Position(2, new Lsn(150), -1), new Lsn(150), "system", 1);
        await slots.SaveRecoveryAsync(lease, begin, "made anew", null, Cancellation);
        await using (var writer = await SegmentWriter.OpenAsync(log.DataSource, Cancellation))
        {
            var position = new SlotPosition(new Position(2, new Lsn(200), 0), new Lsn(208), null, null);
            await writer.AppendAsync(lease, position, [Segment(stream, 5, [9]) with { LastCommitLsn = new Lsn(200) }], [],
                LogSamples.LeaseDuration, Cancellation);
        }

        Assert.Equal(new FoundPosition.OtherEpoch(new Lsn(150)), await FindAsync(log, stream, new StartPosition.AtLsn(new Lsn(149))));
        Assert.Equal(new FoundPosition.At(4, 0), await FindAsync(log, stream, new StartPosition.AtLsn(new Lsn(150))));
        Assert.Equal(new FoundPosition.At(4, 0), await FindAsync(log, stream, new StartPosition.AtLsn(new Lsn(200))));
        Assert.Equal(new FoundPosition.At(5, 0), await FindAsync(log, stream, new StartPosition.AtLsn(new Lsn(205))));
    }

    private static Task<FoundPosition?> FindAsync(LogTestDatabase log, StreamKey stream, StartPosition wanted) =>
        new StreamPositions(log.DataSource).FindAsync(stream, wanted, Cancellation);

    /// <summary>Of each segment the commit times of its messages, behind <see cref="Second"/>; their LSNs are their offsets × 100.</summary>
    private static async Task<StreamKey> WriteAsync(LogTestDatabase log, long[][] times)
    {
        var database = await log.InsertDatabaseAsync();
        var stream = (await new StreamCatalog(log.DataSource).ListAsync(database.Id, Cancellation))[0].Id;
        var segments = new List<Segment>();
        var (next, latest) = (1L, long.MinValue);
        foreach (var each in times)
        {
            var segment = Segment(stream, next, each);
            latest = Math.Max(latest, segment.LastCommitTimeMicros);
            segments.Add(segment with { LastCommitTimeMicros = latest });
            next += each.Length;
        }

        await log.AppendAsync(database.Id, [.. segments]);
        await log.ExecuteAsync("UPDATE sequin.slots SET end_lsn = '0/2710'");
        return stream;
    }

    private static Segment Segment(StreamKey stream, long baseOffset, long[] times)
    {
        var builder = new SegmentBuilder(stream);
        for (var i = 0; i < times.Length; i++)
        {
            builder.Append(
                new ChangeHeader(new Lsn((ulong)(baseOffset + i) * 100), Second + times[i], 0, "public.t", ChangeAction.Insert, 1, 0), "{}"u8);
        }

        return builder.Seal(baseOffset);
    }
}
