using System.Text;
using CsCheck;
using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Core.Segments;

namespace Sequin.Core.Tests.Segments;

public sealed class SegmentTests
{
    [Fact]
    public void Its_times_span_transactions_that_are_not_in_the_order_of_their_times()
    {
        var builder = new SegmentBuilder(StreamKey.New());
        foreach (var micros in new[] { 20L, 10, 40, 30 })
            builder.Append(new ChangeHeader(new Lsn(1), micros, 0, "public.t", ChangeAction.Insert, 1, 0), "{}"u8);

        var segment = builder.Seal(1);

        Assert.Equal((10, 40), (segment.FirstCommitTimeMicros, segment.LastCommitTimeMicros));
    }

    private static readonly StreamKey Stream = new(new Guid("0198a000-0000-7000-8000-00000000000a"));
    private static readonly string[] SomeTables = ["public.orders", "public.Order Items", "ünïcode.tablé", ""];

    private static readonly Gen<(ChangeHeader Header, string Json)> GenMessage = Gen.Select(
        Gen.Select(Gen.ULong[1, 4], Gen.Long[0, 5], Gen.Int[0, SomeTables.Length - 1], Gen.Int[1, 6]),
        Gen.Select(Gen.ULong, Gen.Frequency((4, Gen.Const(0UL)), (1, Gen.ULong))),
        Gen.String.Array[0, 3],
        (place, groups, words) =>
        {
            var (lsn, ordinal, table, action) = place;
            var (group, former) = groups;
            var header = new ChangeHeader(
                new Lsn(lsn), CommitTimeMicros: (long)lsn * 1_000, ordinal, SomeTables[table], (ChangeAction)action, group, former);
            return (header, System.Text.Json.JsonSerializer.Serialize(words));
        });

    [Fact]
    public void Every_message_comes_back_with_its_header() => GenMessage.Array[1, 60].Sample(messages =>
    {
        var builder = new SegmentBuilder(Stream);
        Append(builder, messages);
        var segment = builder.Seal(baseOffset: 1_000);

        Assert.Equal((messages.Length, 1_000, 1_000 + messages.Length - 1), (segment.Count, segment.BaseOffset, segment.LastOffset));
        for (var i = 0; i < messages.Length; i++)
            Assert.Equal(messages[i], (HeaderOf(segment, i), Encoding.UTF8.GetString(segment.Message(i).Span)));
        Assert.Equal(messages.Select(message => message.Header.Table).Distinct(), segment.Tables);
        var times = messages.Select(message => message.Header.CommitTimeMicros).ToList();
        Assert.Equal((times.Min(), times.Max(), messages[^1].Header.CommitLsn), (
            segment.FirstCommitTimeMicros, segment.LastCommitTimeMicros, segment.LastCommitLsn));
    });

    [Fact]
    public void The_payload_is_lines_that_end_with_a_newline()
    {
        var segment = SegmentOf((Header(1, 0), "{\"a\":1}"), (Header(1, 1), "{}"));

        Assert.Equal("{\"a\":1}\n{}\n", Encoding.UTF8.GetString(segment.Payload));
        Assert.True(segment.Entries.Ends.SequenceEqual([7, 10]));
    }

    [Fact]
    public void A_transaction_is_one_run()
    {
        var segment = SegmentOf([(Header(5, 0), "{}"), (Header(5, 1), "{}"), .. Enumerable.Range(0, 3).Select(i => (Header(9, i), "{}"))]);

        Assert.True(segment.Entries.Runs.SequenceEqual(
            [new(new Lsn(5), 50, FirstOrdinal: 0, FirstIndex: 0), new(new Lsn(9), 90, FirstOrdinal: 0, FirstIndex: 2)]));
        Assert.Equal(2, segment.Entries.RunOf(4).FirstIndex);
    }

    [Fact]
    public void A_change_that_was_left_out_ends_the_run()
    {
        var segment = SegmentOf((Header(5, 0), "{}"), (Header(5, 2), "{}"), (Header(5, 3), "{}"));

        Assert.True(segment.Entries.Runs.SequenceEqual(
            [new(new Lsn(5), 50, FirstOrdinal: 0, FirstIndex: 0), new(new Lsn(5), 50, FirstOrdinal: 2, FirstIndex: 1)]));
    }

    [Fact]
    public void The_rest_of_a_transaction_in_the_next_segment_knows_its_ordinals()
    {
        var builder = new SegmentBuilder(Stream);
        Append(builder, (Header(5, 0), "{}"), (Header(5, 1), "{}"));
        builder.Seal(1);
        Append(builder, (Header(5, 2), "{}"));
        var segment = builder.Seal(3);

        Assert.True(segment.Entries.Runs.SequenceEqual([new SegmentRun(new Lsn(5), 50, FirstOrdinal: 2, FirstIndex: 0)]));
    }

    [Fact]
    public void Moves_are_kept_for_the_messages_that_have_them()
    {
        var segment = SegmentOf(
            (Header(1, 0), "{}"), (Header(1, 1) with { FormerGroup = 7 }, "{}"),
            (Header(1, 2), "{}"), (Header(1, 3) with { FormerGroup = 8 }, "{}"));

        Assert.Equal(2, segment.Entries.Moves.Length);
        Assert.Equal([0UL, 7, 0, 8], Enumerable.Range(0, 4).Select(i => segment.Entries.FormerGroup(i)));
    }

    [Fact]
    public void A_sealed_segment_leaves_nothing_behind()
    {
        var builder = new SegmentBuilder(Stream);
        Append(builder, (Header(1, 0) with { FormerGroup = 7, Table = "public.a" }, "{\"a\":1}"));
        var first = builder.Seal(1, SegmentKind.Backfill, new ConsumerId(Guid.Empty));
        Append(builder, (Header(2, 0) with { Table = "public.b" }, "{\"b\":2}"));
        var second = builder.Seal(2);

        Assert.Equal((SegmentKind.Backfill, new ConsumerId(Guid.Empty)), (first.Kind, first.Audience));
        Assert.Equal((SegmentKind.Changes, null), (second.Kind, second.Audience));
        Assert.Equal(["public.b"], second.Tables);
        Assert.Equal(0, second.Entries.Moves.Length);
        Assert.Equal("{\"b\":2}\n", Encoding.UTF8.GetString(second.Payload));
        Assert.Equal("{\"a\":1}\n", Encoding.UTF8.GetString(first.Payload));
        Assert.Equal((0, 0), (builder.Count, builder.PayloadBytes));
    }

    [Fact]
    public void A_builder_is_full_at_either_limit()
    {
        var builder = new SegmentBuilder(Stream);
        for (var i = 0; i < SegmentLimits.MessagesMax; i++)
        {
            Assert.False(builder.IsFull);
            Append(builder, (Header(1, i), "{}"));
        }

        Assert.True(builder.IsFull);
        builder.Seal(1);
        Append(builder, (Header(2, 0), new string('x', SegmentLimits.PayloadBytesMax)));
        Assert.True(builder.IsFull);
    }

    [Fact]
    public void A_message_far_above_the_limit_makes_a_segment_and_does_not_keep_its_buffer()
    {
        var builder = new SegmentBuilder(Stream);
        var huge = new string('x', 20 * SegmentLimits.PayloadBytesMax);
        Append(builder, (Header(1, 0), huge));
        var segment = builder.Seal(1);
        Append(builder, (Header(2, 0), "{}"));

        Assert.Equal(huge.Length, segment.Message(0).Length);
        Assert.InRange(segment.SizeBytes, huge.Length, huge.Length + 1_000);
        Assert.Equal("{}", Encoding.UTF8.GetString(builder.Seal(2).Message(0).Span));
    }

    [Fact]
    public void A_message_costs_no_allocation_until_it_is_sealed()
    {
        var builder = new SegmentBuilder(Stream);
        var header = Header(1, 0);
        Fill();
        builder.Seal(1);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Fill();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Fill()
        {
            for (var i = 0; i < SegmentLimits.MessagesMax; i++)
                builder.Append(header with { Ordinal = i }, "{\"record\":{\"id\":1}}"u8);
        }
    }

    [Fact]
    public void An_index_of_another_version_is_refused()
    {
        var segment = SegmentOf((Header(1, 0), "{}"));
        segment.Index[0] = 9;

        var exception = Assert.Throws<InvalidDataException>(() => segment.Entries.Count);
        Assert.Contains("version 9", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_layout_of_an_index_is_as_documented()
    {
        var segment = SegmentOf(
            (Header(1, 0) with { Group = 0x1122334455667788, FormerGroup = 9 }, "{}"),
            (Header(1, 1) with { Action = ChangeAction.Delete }, "{}"));

        Assert.Equal(
            "01000000" + "02000000" + "01000000" + "01000000"
            + "8877665544332211" + "0100000000000000"
            + "0100000000000000" + "0A00000000000000" + "0000000000000000" + "0000000000000000"
            + "0900000000000000" + "0000000000000000"
            + "02000000" + "05000000"
            + "0000" + "0000"
            + "01" + "03",
            Convert.ToHexString(segment.Index));
    }

    private static ChangeHeader Header(ulong lsn, long ordinal) =>
        new(new Lsn(lsn), CommitTimeMicros: (long)lsn * 10, ordinal, "public.orders", ChangeAction.Insert, Group: 1, FormerGroup: 0);

    private static ChangeHeader HeaderOf(Segment segment, int i)
    {
        var entries = segment.Entries;
        var run = entries.RunOf(i);
        return new ChangeHeader(
            run.CommitLsn, run.CommitTimeMicros, run.FirstOrdinal + i - run.FirstIndex, segment.Tables[entries.Tables[i]],
            entries.Actions[i], entries.Groups[i], entries.FormerGroup(i));
    }

    private static Segment SegmentOf(params (ChangeHeader Header, string Json)[] messages)
    {
        var builder = new SegmentBuilder(Stream);
        Append(builder, messages);
        return builder.Seal(1);
    }

    private static void Append(SegmentBuilder builder, params (ChangeHeader Header, string Json)[] messages)
    {
        foreach (var (header, json) in messages)
            builder.Append(header, Encoding.UTF8.GetBytes(json));
    }
}
