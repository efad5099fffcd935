using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Core.Segments;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;

namespace Sequin.Postgres.Tests.Log.Segments;

public sealed class SegmentSearchTests
{
    private const string Table = "public.t";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_last_message_of_a_row_is_found_however_far_back()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync();
        var stream = Assert.Single(await new StreamCatalog(log.DataSource).ListAsync(database.Id, Token)).Id;
        // Two messages each: of a row of its own, and of row 0 up to the third segment, which moves it to row 999.
        var segments = Enumerable.Range(0, 130).Select(i => Segment(stream, 1 + (2 * i), i)).ToList();
        segments.Add(segments[0] with { BaseOffset = 261, Audience = ConsumerId.New() });
        await log.AppendAsync(database.Id, [.. segments]);
        var search = new SegmentSearch(log.DataSource);

        Assert.Equal(new SearchResult(259, 259, true), await FindAsync(129));
        Assert.Equal(new SearchResult(3, 3, true), await FindAsync(1));
        Assert.Equal(new SearchResult(6, 6, true), await FindAsync(0));
        Assert.Equal(new SearchResult(6, 6, true), await FindAsync(999));
        Assert.Equal(new SearchResult(4, 4, true), await FindAsync(0, before: 6));
        Assert.Equal(new SearchResult(null, 1, true), await FindAsync(12_345));
        Assert.Equal(new SearchResult(null, 1, true), await search.FindLastAsync(stream, "public.other", Group(1), long.MaxValue, Token));
        Assert.Equal(new SearchResult(null, 0, true), await search.FindLastAsync(StreamKey.New(), Table, Group(1), long.MaxValue, Token));

        Task<SearchResult> FindAsync(int row, long before = long.MaxValue) =>
            search.FindLastAsync(stream, Table, Group(row), before, Token);
    }

    private static Segment Segment(StreamKey stream, long baseOffset, int number)
    {
        var builder = new SegmentBuilder(stream);
        builder.Append(new ChangeHeader(new Lsn(1), 0, 0, Table, ChangeAction.Insert, Group(number), 0), "{}"u8);
        var (table, group, former) = number switch
        {
            < 2 => (Table, Group(0), 0UL),
            2 => (Table, Group(999), Group(0)),
            _ => ("public.pad", 5UL, 0UL),
        };
        builder.Append(new ChangeHeader(new Lsn(1), 0, 1, table, ChangeAction.Update, group, former), "{}"u8);
        return builder.Seal(baseOffset);
    }

    private static ulong Group(int row) => GroupHash.Of(Table, [$"{row}"]);
}
