using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Core.Segments;
using Sequin.Grains.Consumers;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Tests.Consumers;

public sealed class SegmentFilterTests
{
    private static readonly ConsumerId Consumer = ConsumerId.New();

    [Fact]
    public void Without_tables_and_actions_the_row_changes_pass_and_nothing_else()
    {
        var segment = Mixed();

        Assert.Equal(
            [ChangeAction.Insert, ChangeAction.Update, ChangeAction.Delete, ChangeAction.Read],
            Wanted(new ConsumerConfig(), segment).Select(index => segment.Entries.Actions[index]));
    }

    [Fact]
    public void A_read_passes_whatever_the_actions_are()
    {
        var segment = Mixed();

        Assert.Equal(
            [ChangeAction.Delete, ChangeAction.Read],
            Wanted(new ConsumerConfig { Actions = [ChangeAction.Delete] }, segment).Select(index => segment.Entries.Actions[index]));
    }

    [Fact]
    public void What_was_committed_before_a_time_does_not_pass()
    {
        var builder = new SegmentBuilder(StreamKey.New());
        foreach (var micros in new[] { 20L, 10, 30 })
            builder.Append(new ChangeHeader(new Lsn((ulong)micros), micros, 0, "public.t", ChangeAction.Insert, 1, 0), "{}"u8);
        var segment = builder.Seal(1);
        var filter = new SegmentFilter(Consumer, new ConsumerConfig()) { SinceMicros = 20 };

        Assert.True(filter.Enter(segment));
        Assert.Equal([0, 2], Enumerable.Range(0, 3).Where(index => filter.Wants(segment.Entries, index)));
    }

    [Fact]
    public void Only_the_named_tables_pass_and_a_segment_of_others_is_not_entered()
    {
        var config = new ConsumerConfig { Tables = ["public.b"] };

        Assert.Equal([1], Wanted(config, OfTables("public.a", "public.b", "public.c")));
        Assert.False(new SegmentFilter(Consumer, config).Enter(OfTables("public.a", "public.c")));
    }

    [Fact]
    public void A_logical_message_has_no_table_and_passes_by_its_action_alone()
    {
        var config = new ConsumerConfig { Tables = ["public.b"], Actions = [ChangeAction.Message] };

        Assert.Equal([5], Wanted(config, Mixed()));
    }

    [Fact]
    public void A_segment_for_another_consumer_is_not_entered()
    {
        var filter = new SegmentFilter(Consumer, new ConsumerConfig());

        Assert.False(filter.Enter(Mixed() with { Audience = ConsumerId.New() }));
        Assert.True(filter.Enter(Mixed() with { Audience = Consumer }));
    }

    private static List<int> Wanted(ConsumerConfig config, Segment segment)
    {
        var filter = new SegmentFilter(Consumer, config);
        Assert.True(filter.Enter(segment));
        return [.. Enumerable.Range(0, segment.Count).Where(index => filter.Wants(segment.Entries, index))];
    }

    private static Segment Mixed() => Seal(Enum.GetValues<ChangeAction>().Select(action => (action == ChangeAction.Message ? "" : "public.a", action)));

    private static Segment OfTables(params string[] tables) => Seal(tables.Select(table => (table, ChangeAction.Insert)));

    private static Segment Seal(IEnumerable<(string Table, ChangeAction Action)> messages)
    {
        var builder = new SegmentBuilder(StreamKey.New());
        var ordinal = 0;
        foreach (var (table, action) in messages)
            builder.Append(new ChangeHeader(new Lsn(1), 0, ordinal++, table, action, 0, 0), "{}"u8);
        return builder.Seal(1);
    }
}
