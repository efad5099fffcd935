using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.DeadLetters;
using static Sequin.Postgres.Tests.Log.DeadLetters.DeadLetterSamples;

namespace Sequin.Postgres.Tests.Log.DeadLetters;

public sealed class RedriveStoreTests
{
    private static readonly DeadLetterFilter Everything = new()
    {
        Table = "public.orders",
        Key = ["1"],
        Text = "\"id\":1",
        Reason = DeathReason.Nacked,
        From = Died.AddDays(-1),
        To = Died.AddDays(1),
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_redrive_is_kept_with_its_filter_and_counts_what_matches()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var (consumer, redrives) = await WithLettersAsync(log);

        var created = await redrives.CreateAsync(consumer, Everything, ratePerSecond: 50, Cancellation);

        Assert.Equal((RedriveState.Running, 50, 2, 0), (created!.State, created.RatePerSecond, created.Total, created.Done));
        AssertSame(created, await redrives.FindAsync(consumer, created.Id, Cancellation));
        AssertSame(created, await redrives.FindRunningAsync(consumer, Cancellation));
        Assert.Equal(Everything with { Key = created.Filter.Key, UpToId = created.Filter.UpToId }, created.Filter);
        Assert.Equal(["1"], created.Filter.Key);
        Assert.Equal(consumer, created.ConsumerId);
    }

    [Fact]
    public async Task A_letter_that_dies_after_a_redrive_began_is_not_of_it()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var (consumer, redrives) = await WithLettersAsync(log);
        var letters = new DeadLetterStore(log.DataSource);
        var redrive = await redrives.CreateAsync(consumer, DeadLetterFilter.All, 1, Cancellation);
        await letters.InsertAsync(consumer, [Letter(10)], Cancellation);

        var found = await letters.ListHeadersAsync(consumer, redrive!.Filter, after: null, limit: 10, Cancellation);

        Assert.Equal([1, 2, 3], found.Select(letter => letter.Offset));
        Assert.Equal(3, redrive.Total);
    }

    [Fact]
    public async Task Of_ten_redrives_at_once_one_runs()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var (consumer, redrives) = await WithLettersAsync(log);

        var created = await Task.WhenAll(Enumerable.Range(0, 10).Select(
            _ => redrives.CreateAsync(consumer, DeadLetterFilter.All, 1, Cancellation)));

        var running = Assert.Single(created, redrive => redrive is not null);
        Assert.True(await redrives.CompleteAsync(running!.Id, Cancellation));
        Assert.NotNull(await redrives.CreateAsync(consumer, DeadLetterFilter.All, 1, Cancellation));
    }

    [Fact]
    public async Task A_redrive_of_nothing_is_complete_at_once()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var (consumer, redrives) = await WithLettersAsync(log);

        var created = await redrives.CreateAsync(consumer, new DeadLetterFilter { Table = "public.others" }, 1, Cancellation);

        Assert.Equal((RedriveState.Completed, 0), (created!.State, created.Total));
        Assert.NotNull(created.FinishedAt);
        Assert.Null(await redrives.FindRunningAsync(consumer, Cancellation));
    }

    [Fact]
    public async Task A_redrive_goes_on_until_it_is_complete_and_then_no_more()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var (consumer, redrives) = await WithLettersAsync(log);
        var redrive = await redrives.CreateAsync(consumer, DeadLetterFilter.All, 1, Cancellation);
        var cursor = Guid.CreateVersion7();

        Assert.True(await redrives.AdvanceAsync(redrive!.Id, Guid.CreateVersion7(), 2, Cancellation));
        Assert.True(await redrives.AdvanceAsync(redrive.Id, cursor, 1, Cancellation));
        Assert.True(await redrives.CompleteAsync(redrive.Id, Cancellation));

        Assert.False(await redrives.CompleteAsync(redrive.Id, Cancellation));
        Assert.False(await redrives.AdvanceAsync(redrive.Id, Guid.CreateVersion7(), 1, Cancellation));
        Assert.Null(await redrives.CancelAsync(redrive.Id, Cancellation));
        var completed = await redrives.FindAsync(consumer, redrive.Id, Cancellation);
        Assert.Equal((RedriveState.Completed, 3L, cursor), (completed!.State, completed.Done, completed.Cursor));
        Assert.NotNull(completed.FinishedAt);
    }

    [Fact]
    public async Task A_cancelled_redrive_stays_where_it_was()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var (consumer, redrives) = await WithLettersAsync(log);
        var redrive = await redrives.CreateAsync(consumer, DeadLetterFilter.All, 1, Cancellation);
        await redrives.AdvanceAsync(redrive!.Id, Guid.CreateVersion7(), 2, Cancellation);

        var cancelled = await redrives.CancelAsync(redrive.Id, Cancellation);

        Assert.Equal((RedriveState.Cancelled, 2), (cancelled!.State, cancelled.Done));
        Assert.Null(await redrives.CancelAsync(redrive.Id, Cancellation));
        Assert.False(await redrives.AdvanceAsync(redrive.Id, Guid.CreateVersion7(), 1, Cancellation));
        AssertSame(cancelled, await redrives.FindAsync(consumer, redrive.Id, Cancellation));
    }

    [Fact]
    public async Task Redrives_are_listed_in_pages_and_go_with_their_consumer()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var (consumer, redrives) = await WithLettersAsync(log);
        var other = await log.InsertConsumerAsync("other");
        var ids = new List<Guid>();
        for (var i = 0; i < 3; i++)
            ids.Add((await redrives.CreateAsync(consumer, new DeadLetterFilter { Table = "none" }, 1, Cancellation))!.Id);
        ids.Sort((one, two) => string.CompareOrdinal(one.ToString(), two.ToString()));

        Assert.Equal(ids[..2], (await redrives.ListAsync(consumer, 2, null, Cancellation)).Select(redrive => redrive.Id));
        Assert.Equal(ids[2..], (await redrives.ListAsync(consumer, 2, ids[1], Cancellation)).Select(redrive => redrive.Id));
        Assert.Empty(await redrives.ListAsync(other, 2, null, Cancellation));
        Assert.Null(await redrives.FindAsync(other, ids[0], Cancellation));

        await new ConsumerCatalog(log.DataSource).DeleteAsync(consumer, Cancellation);
        Assert.Equal(0, await log.ScalarAsync<long>("SELECT count(*) FROM sequin.redrives"));
    }

    private static async Task<(ConsumerId Consumer, RedriveStore Redrives)> WithLettersAsync(LogTestDatabase log)
    {
        var consumer = await log.InsertConsumerAsync();
        await new DeadLetterStore(log.DataSource).InsertAsync(consumer, [Letter(1), Letter(2), Letter(3, key: "3")], Cancellation);
        return (consumer, new RedriveStore(log.DataSource));
    }

    private static void AssertSame(Redrive expected, Redrive? actual)
    {
        Assert.Equal(expected.Filter.Key, actual!.Filter.Key);
        Assert.Equal(expected.Filter with { Key = actual.Filter.Key }, actual.Filter);
        Assert.Equal(expected with { Filter = actual.Filter }, actual);
    }
}
