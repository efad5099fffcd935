using System.Text;
using Sequin.Core.Identity;
using Sequin.Core.Segments;
using Sequin.Postgres.Log.Segments;

namespace Sequin.Postgres.Tests.Log.Segments;

public sealed class SegmentReaderTests
{
    private const long AnyBytes = 100_000_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_segment_comes_back_as_it_was_written()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var stream = StreamKey.New();
        string[] tables = ["public.orders", "Odd \"Schema\".T,1{}\\", "übung.\u001f\n", ""];
        var plain = LogSamples.Segment(stream, 1, ["""{"a":"ä😀\\"}""", "{}", """{"b":"\u0000"}""", "{}"], tables);
        var addressed = LogSamples.Segment(stream, 5, 2000) with { Kind = SegmentKind.Backfill, Audience = ConsumerId.New() };
        await log.AppendAsync(plain, addressed);

        var read = await new SegmentReader(log.DataSource).ReadAsync(stream, 0, AnyBytes, 10, Cancellation);

        AssertSame([plain, addressed], read);
    }

    [Fact]
    public async Task Random_payloads_of_any_size_come_back_in_arrays_of_their_size()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var stream = StreamKey.New();
        var random = new Random(17);
        var segments = new List<Segment>();
        foreach (var bytes in new[] { 1, 2_000, 8_192, 300_000, SegmentLimits.PayloadBytesMax, 5_000_000 })
        {
            var message = Convert.ToHexString(Enumerable.Range(0, bytes / 2).Select(_ => (byte)random.Next(256)).ToArray());
            segments.Add(LogSamples.Segment(stream, segments.Count + 1, [message]));
        }

        await log.AppendAsync([.. segments]);

        AssertSame(segments, await new SegmentReader(log.DataSource).ReadAsync(stream, 0, AnyBytes, 10, Cancellation));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(9, 1)]
    [InlineData(10, 11)]
    [InlineData(11, 11)]
    [InlineData(25, 21)]
    [InlineData(29, 21)]
    public async Task Reading_begins_with_the_segment_that_holds_the_next_offset(long after, long firstBase)
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var stream = StreamKey.New();
        var segments = new[] { 1, 11, 21 }.Select(first => LogSamples.Segment(stream, first, 10)).ToArray();
        await log.AppendAsync([.. segments, LogSamples.Segment(StreamKey.New(), 1, 50)]);

        var read = await new SegmentReader(log.DataSource).ReadAsync(stream, after, AnyBytes, 10, Cancellation);

        AssertSame([.. segments.Where(segment => segment.BaseOffset >= firstBase)], read);
    }

    [Fact]
    public async Task Reading_at_the_head_or_of_an_empty_stream_gives_nothing()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var stream = StreamKey.New();
        await log.AppendAsync(LogSamples.Segment(stream, 1, 10));
        var reader = new SegmentReader(log.DataSource);

        Assert.Empty(await reader.ReadAsync(stream, 10, AnyBytes, 10, Cancellation));
        Assert.Empty(await reader.ReadAsync(StreamKey.New(), 0, AnyBytes, 10, Cancellation));
        Assert.Equal(10, await reader.ReadHeadAsync(stream, Cancellation));
        Assert.Equal(0, await reader.ReadHeadAsync(StreamKey.New(), Cancellation));
    }

    [Fact]
    public async Task Reading_begins_at_the_oldest_segment_that_is_still_kept()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var stream = StreamKey.New();
        var kept = LogSamples.Segment(stream, 101, 10);
        await log.AppendAsync(kept);

        AssertSame([kept], await new SegmentReader(log.DataSource).ReadAsync(stream, 5, AnyBytes, 10, Cancellation));
    }

    [Fact]
    public async Task Limits_of_bytes_and_segments_hold_but_one_segment_always_comes()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var stream = StreamKey.New();
        var segments = Enumerable.Range(0, 5).Select(n => LogSamples.Segment(stream, 1 + (n * 100), 100)).ToArray();
        await log.AppendAsync(segments);
        var reader = new SegmentReader(log.DataSource);
        var bytes = segments.Take(3).Sum(segment => segment.Index.Length + segment.Payload.Length);

        AssertSame(segments[..3], await reader.ReadAsync(stream, 0, bytes, 10, Cancellation));
        AssertSame(segments[..2], await reader.ReadAsync(stream, 0, bytes - 1, 10, Cancellation));
        AssertSame(segments[..2], await reader.ReadAsync(stream, 0, bytes, 2, Cancellation));
        AssertSame(segments[3..4], await reader.ReadAsync(stream, 350, 1, 10, Cancellation));
    }

    [Fact]
    public async Task An_offset_is_found_in_its_segment()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var stream = StreamKey.New();
        await log.AppendAsync(LogSamples.Segment(stream, 11, 10), LogSamples.Segment(stream, 21, 10));
        var reader = new SegmentReader(log.DataSource);

        Assert.Null(await reader.FindAsync(stream, 10, Cancellation));
        Assert.Equal(11, (await reader.FindAsync(stream, 11, Cancellation))!.BaseOffset);
        Assert.Equal(11, (await reader.FindAsync(stream, 20, Cancellation))!.BaseOffset);
        Assert.Equal(21, (await reader.FindAsync(stream, 21, Cancellation))!.BaseOffset);
        Assert.Null(await reader.FindAsync(stream, 31, Cancellation));
    }

    [Fact]
    public async Task The_view_of_messages_shows_each_message_as_it_is()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync("shop");
        var stream = new StreamKey(await log.ScalarAsync<Guid>("SELECT id FROM sequin.streams"));
        string[] messages =
        [
            """{"record":{"name":"Käse – 日本 😀"}}""",
            """{"record":{"path":"C:\\temp\\\"x\""}}""",
            """{"record":{"nul":"\u0000","lone":"\ud800"}}""",
            "{\"record\":{\"json\":{\n  \"printed\": \"with newlines\"\n}}}",
            "{}",
            """{"record":{"bytea":"\\x00ff"}}""",
            """{"last":7}""",
        ];
        var audience = ConsumerId.New();
        await log.AppendAsync(
            database.Id, LogSamples.Segment(stream, 1, messages, "public.orders", "public.users"),
            LogSamples.Segment(stream, 8, 300) with { Audience = audience });

        Assert.Equal(messages, await log.ScalarAsync<string[]>("""
            SELECT array_agg(message ORDER BY "offset") FROM sequin.messages WHERE audience IS NULL
            """));
        Assert.Equal(
            "1 shop public.orders insert, 2 shop public.users update, 3 shop public.orders delete, 4 shop public.users read, "
            + "5 shop public.orders truncate, 6 shop public.users message, 7 shop public.orders insert",
            await log.ScalarAsync<string>("""
                SELECT string_agg("offset" || ' ' || stream || ' ' || table_name || ' ' || action, ', ' ORDER BY "offset")
                FROM sequin.messages WHERE audience IS NULL
                """));
        Assert.Equal(300, await log.ScalarAsync<long>($"SELECT count(*) FROM sequin.messages WHERE audience = '{audience}'"));
        Assert.Equal("0/77EC 1774000000.123755", await log.ScalarAsync<string>("""
            SELECT commit_lsn || ' ' || extract(epoch FROM commit_time) FROM sequin.messages WHERE "offset" = 307
            """));
        const string last = "SELECT message FROM sequin.messages WHERE \"offset\" = 307";
        Assert.Equal("""{"record":{"id":307}}""", await log.ScalarAsync<string>(last));
    }

    // A record's own equality compares arrays by reference.
    private static void AssertSame(IReadOnlyList<Segment> expected, IReadOnlyList<Segment> actual)
    {
        Assert.Equal(expected.Select(segment => segment.BaseOffset), actual.Select(segment => segment.BaseOffset));
        foreach (var (want, got) in expected.Zip(actual))
        {
            Assert.Equal(want.Tables, got.Tables);
            Assert.True(want.Index.AsSpan().SequenceEqual(got.Index), "The index differs.");
            Assert.Equal(Encoding.UTF8.GetString(want.Payload), Encoding.UTF8.GetString(got.Payload));
            Assert.Equal(want, got with { Tables = want.Tables, Index = want.Index, Payload = want.Payload });
        }
    }
}
