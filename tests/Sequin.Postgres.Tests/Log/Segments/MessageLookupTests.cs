using System.Text;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Segments;

namespace Sequin.Postgres.Tests.Log.Segments;

public sealed class MessageLookupTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_message_of_a_segment_is_found_alone()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var stream = StreamKey.New();
        string[] texts = ["""{"a":"ü\n"}""", "{}", """{"b":[1,2]}"""];
        await log.AppendAsync(LogSamples.Segment(stream, 1, 40), LogSamples.Segment(stream, 41, texts, "public.a", "public.b"));
        var lookup = new MessageLookup(log.DataSource);

        for (var i = 0; i < texts.Length; i++)
        {
            var found = await lookup.FindAsync(stream, 41 + i, Cancellation);
            Assert.Equal(texts[i], Encoding.UTF8.GetString(found!.Stored.Span));
            Assert.Equal((41 + i, i == 1 ? "public.b" : "public.a", i + 1), (found.Offset, found.Table, (int)found.Action));
            Assert.Equal(1_774_000_000_123_456 + i, (found.CommitTime - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
            Assert.Equal(found.CommitTime, await lookup.ReadCommitTimeAsync(stream, 41 + i, Cancellation));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(44)]
    public async Task A_message_that_is_not_in_the_log_is_not_found(long offset)
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var stream = StreamKey.New();
        await log.AppendAsync(LogSamples.Segment(stream, 41, 3));
        var lookup = new MessageLookup(log.DataSource);

        Assert.Null(await lookup.FindAsync(stream, offset, Cancellation));
        Assert.Null(await lookup.ReadCommitTimeAsync(stream, offset, Cancellation));
        Assert.Null(await lookup.FindAsync(StreamKey.New(), 41, Cancellation));
    }
}
