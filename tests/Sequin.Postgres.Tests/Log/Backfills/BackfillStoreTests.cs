using Npgsql;
using Sequin.Core.Identity;
using Sequin.Postgres.Backfills;
using Sequin.Postgres.Log.Backfills;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Tests.Log.Backfills;

public sealed class BackfillStoreTests : IAsyncLifetime
{
    private LogTestDatabase _log = null!;
    private BackfillStore _store = null!;
    private DatabaseRecord _database = null!;
    private ConsumerRecord _consumer = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _log = await LogTestDatabase.CreateAsync();
        _store = new BackfillStore(_log.DataSource);
        _database = await _log.InsertDatabaseAsync();
        var stream = Assert.Single(await new StreamCatalog(_log.DataSource).ListAsync(_database.Id, Token));
        var consumer = new ConsumerRecord
        {
            Id = ConsumerId.New(),
            Name = "c",
            StreamId = stream.Id,
            Config = new ConsumerConfig(),
            StartAfter = 0,
        };
        _consumer = await new ConsumerCatalog(_log.DataSource).InsertAsync(consumer, Token);
    }

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    [Fact]
    public async Task A_backfill_comes_back_as_it_was_asked_for()
    {
        var asked = Backfill("Odd.\"Table\"") with { MaxTimeoutMs = 700, RowsEstimated = 12 };

        var created = await CreateAsync(asked);

        Assert.Equal(created.Request.Filter[0].Values, asked.Request.Filter[0].Values);
        Assert.Equal(asked.Request with { Filter = [] }, created.Request with { Filter = [] });
        Assert.Equal((FilterOperator.NotIn, "st\"atus"), (created.Request.Filter[0].Operator, created.Request.Filter[0].Column));
        Assert.Equal((BackfillState.Active, 700, 12L), (created.State, created.MaxTimeoutMs, created.RowsEstimated));
        Assert.Null(created.FinishedAt);
        Assert.Equal(created.CreatedAt, (await FindAsync(created.Id)).CreatedAt);
        Assert.Null(await _store.FindAsync(ConsumerId.New(), created.Id, Token));
    }

    [Fact]
    public async Task A_table_has_one_unfinished_backfill_of_a_consumer()
    {
        var first = await CreateAsync(Backfill("orders"));

        Assert.Null(await _store.CreateAsync(Backfill("orders"), Token));
        await CreateAsync(Backfill("customers"));
        await ChangeAsync<BackfillChange.Done>(first.Id, BackfillState.Paused);
        Assert.Null(await _store.CreateAsync(Backfill("orders"), Token));
        await ChangeAsync<BackfillChange.Done>(first.Id, BackfillState.Cancelled);
        await CreateAsync(Backfill("orders"));
    }

    [Fact]
    public async Task The_history_is_paged_from_the_newest_and_the_active_ones_are_those_of_the_database()
    {
        var first = await CreateAsync(Backfill("a"));
        var second = await CreateAsync(Backfill("b"));
        var third = await CreateAsync(Backfill("c"));
        await ChangeAsync<BackfillChange.Done>(second.Id, BackfillState.Cancelled);

        var page = await _store.ListAsync(_consumer.Id, 2, null, Token);
        var rest = await _store.ListAsync(_consumer.Id, 2, page[^1].Id, Token);

        Assert.Equal([third.Id, second.Id, first.Id], page.Concat(rest).Select(backfill => backfill.Id));
        Assert.Equal([first.Id, third.Id], (await _store.ListActiveAsync(_database.Id, Token)).Select(backfill => backfill.Id));
        Assert.Empty(await _store.ListActiveAsync(DatabaseId.New(), Token));
    }

    [Fact]
    public async Task States_change_along_their_ways_and_no_other()
    {
        var id = (await CreateAsync(Backfill("orders"))).Id;

        await ChangeAsync<BackfillChange.Done>(id, BackfillState.Active);
        await ChangeAsync<BackfillChange.Done>(id, BackfillState.Paused);
        await ChangeAsync<BackfillChange.Refused>(id, BackfillState.Failed);
        await ChangeAsync<BackfillChange.Done>(id, BackfillState.Active);
        var failed = await ChangeAsync<BackfillChange.Done>(id, BackfillState.Failed, "why");
        Assert.Equal(("why", true), (failed.Backfill.Error, failed.Backfill.FinishedAt is not null));
        var resumed = await ChangeAsync<BackfillChange.Done>(id, BackfillState.Active);
        Assert.Equal((null, null), (resumed.Backfill.Error, resumed.Backfill.FinishedAt));
        await ChangeAsync<BackfillChange.Done>(id, BackfillState.Cancelled);
        var refused = await ChangeAsync<BackfillChange.Refused>(id, BackfillState.Active);
        Assert.Equal(BackfillState.Cancelled, refused.Backfill.State);
        Assert.IsType<BackfillChange.Missing>(
            await _store.ChangeStateAsync(_consumer.Id, BackfillId.New(), BackfillState.Paused, null, Token));
    }

    [Fact]
    public async Task A_failed_one_cannot_be_resumed_beside_a_newer_one()
    {
        var failed = await CreateAsync(Backfill("orders"));
        await ChangeAsync<BackfillChange.Done>(failed.Id, BackfillState.Failed, "why");
        await CreateAsync(Backfill("orders"));

        await ChangeAsync<BackfillChange.TableTaken>(failed.Id, BackfillState.Active);
    }

    [Fact]
    public async Task Of_ten_who_change_it_at_once_nobody_is_told_a_state_that_it_has_not()
    {
        var id = (await CreateAsync(Backfill("orders"))).Id;
        BackfillState[] wanted = [BackfillState.Paused, BackfillState.Cancelled, BackfillState.Active, BackfillState.Failed];

        var changes = await Task.WhenAll(Enumerable.Range(0, 20).Select(
            i => _store.ChangeStateAsync(_consumer.Id, id, wanted[i % 4], null, Token)));

        Assert.Equal(BackfillState.Cancelled, (await FindAsync(id)).State);
        Assert.All(changes.Select((change, i) => (change, to: wanted[i % 4])), pair =>
            Assert.True(pair.change is not BackfillChange.Done done || done.Backfill.State == pair.to));
    }

    [Fact]
    public async Task A_chunk_moves_the_backfill_once_and_the_last_one_completes_it()
    {
        var id = (await CreateAsync(Backfill("orders"))).Id;
        var lease = await _log.AcquireAsync(_database.Id);
        var cursor = new BackfillCursor(["id"], ["17"]);
        var chunk = new ChunkWritten(id, ChunksBefore: 0, cursor, Rows: 10, Superseded: 2, Bytes: 300, IsLast: false);

        Assert.Equal(1, await AdvanceAsync(lease, chunk));
        Assert.Equal(0, await AdvanceAsync(lease, chunk));
        await _store.CountRepeatedAsync(id, Token);
        var halfway = await FindAsync(id);
        Assert.Equal((cursor, BackfillState.Active), (halfway.Cursor, halfway.State));
        Assert.Equal(new BackfillProgress(10, 2, 300, 1, 1), halfway.Progress);

        Assert.Equal(1, await AdvanceAsync(lease, new ChunkWritten(id, 1, null, 0, 0, 0, IsLast: true)));
        var finished = await FindAsync(id);
        Assert.Equal((cursor, BackfillState.Completed, true), (finished.Cursor, finished.State, finished.FinishedAt is not null));
        await ChangeAsync<BackfillChange.Refused>(id, BackfillState.Cancelled);
    }

    [Fact]
    public async Task A_chunk_of_a_paused_one_is_written_and_of_a_cancelled_one_or_by_another_owner_is_not()
    {
        var id = (await CreateAsync(Backfill("orders"))).Id;
        var lease = await _log.AcquireAsync(_database.Id);

        await ChangeAsync<BackfillChange.Done>(id, BackfillState.Paused);
        Assert.Equal(1, await AdvanceAsync(lease, Chunk(0)));
        Assert.Equal(0, await AdvanceAsync(lease with { Epoch = lease.Epoch - 1 }, Chunk(1)));
        await ChangeAsync<BackfillChange.Done>(id, BackfillState.Cancelled);
        Assert.Equal(0, await AdvanceAsync(lease, Chunk(1)));
        Assert.Equal((BackfillState.Cancelled, 1L), ((await FindAsync(id)).State, (await FindAsync(id)).Progress.Chunks));

        ChunkWritten Chunk(long before) => new(id, before, new BackfillCursor(["id"], ["1"]), 1, 0, 10, IsLast: false);
    }

    [Fact]
    public async Task Backfills_go_with_their_consumer()
    {
        var backfill = await CreateAsync(Backfill("orders"));

        await new ConsumerCatalog(_log.DataSource).DeleteAsync(_consumer.Id, Token);

        Assert.Null(await _store.FindAsync(_consumer.Id, backfill.Id, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => _store.CreateAsync(Backfill("orders"), Token));
    }

    private BackfillRecord Backfill(string table) => new()
    {
        Id = BackfillId.New(),
        ConsumerId = _consumer.Id,
        Request = new BackfillRequest
        {
            Table = new TableName("public", table),
            SortColumn = "updated at",
            StartPosition = "it's \u2028",
            Filter = [new FilterCondition("st\"atus", FilterOperator.NotIn, ["a", "\\\""])],
        },
    };

    private async Task<BackfillRecord> CreateAsync(BackfillRecord backfill) =>
        Assert.IsType<BackfillRecord>(await _store.CreateAsync(backfill, Token));

    private async Task<BackfillRecord> FindAsync(BackfillId id) =>
        Assert.IsType<BackfillRecord>(await _store.FindAsync(_consumer.Id, id, Token));

    private async Task<T> ChangeAsync<T>(BackfillId id, BackfillState to, string? error = null) where T : BackfillChange =>
        Assert.IsType<T>(await _store.ChangeStateAsync(_consumer.Id, id, to, error, Token));

    private async Task<int> AdvanceAsync(SlotLease lease, ChunkWritten chunk)
    {
        await using var connection = await _log.DataSource.OpenConnectionAsync(Token);
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { BackfillStore.Advance(lease, chunk) } };
        return await batch.ExecuteNonQueryAsync(Token);
    }
}
