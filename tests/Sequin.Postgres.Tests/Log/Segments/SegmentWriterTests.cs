using Npgsql;
using Sequin.Core.Identity;
using Sequin.Core.Segments;
using Sequin.Postgres.Log.Segments;
using Sequin.Postgres.Log.Slots;

namespace Sequin.Postgres.Tests.Log.Segments;

public sealed class SegmentWriterTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Segments_and_position_are_written_together()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync();
        var lease = await log.AcquireAsync(database.Id);
        var (orders, users) = (StreamKey.New(), StreamKey.New());
        await using var writer = await SegmentWriter.OpenAsync(log.DataSource, Cancellation);

        await writer.AppendAsync(
            lease, LogSamples.PositionAt(500, ordinal: 4), [LogSamples.Segment(orders, 1, 3), LogSamples.Segment(users, 1, 2)],
            [], LogSamples.LeaseDuration, Cancellation);

        var reader = new SegmentReader(log.DataSource);
        Assert.Equal(3, await reader.ReadHeadAsync(orders, Cancellation));
        Assert.Equal(2, await reader.ReadHeadAsync(users, Cancellation));
        var position = await new SlotStore(log.DataSource).ReadPositionAsync(database.Id, Cancellation);
        Assert.Equal(LogSamples.PositionAt(500, ordinal: 4), position);
    }

    [Fact]
    public async Task A_writer_with_an_old_epoch_writes_nothing()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync();
        var stale = await log.AcquireAsync(database.Id);
        var stream = StreamKey.New();
        await using var writer = await SegmentWriter.OpenAsync(log.DataSource, Cancellation);
        Task AppendAsync(ulong lsn, params Segment[] segments) =>
            writer.AppendAsync(stale, LogSamples.PositionAt(lsn), segments, [], LogSamples.LeaseDuration, Cancellation);

        await AppendAsync(100, LogSamples.Segment(stream, 1, 3));
        await log.ExecuteAsync("UPDATE sequin.slots SET expires_at = now()");
        await log.AcquireAsync(database.Id, "silo-2");

        await Assert.ThrowsAsync<SlotLeaseLostException>(
            () => AppendAsync(200, LogSamples.Segment(stream, 4, 2), LogSamples.Segment(stream, 6, 2)));
        await Assert.ThrowsAsync<SlotLeaseLostException>(() => AppendAsync(200));
        Assert.Equal(3, await new SegmentReader(log.DataSource).ReadHeadAsync(stream, Cancellation));
        Assert.Equal(LogSamples.PositionAt(100), await new SlotStore(log.DataSource).ReadPositionAsync(database.Id, Cancellation));
    }

    [Fact]
    public async Task A_new_owner_waits_for_the_batch_that_is_being_written_and_reads_its_position()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync();
        var slots = new SlotStore(log.DataSource);
        var lease = await slots.TryAcquireAsync(database.Id, "silo-1", TimeSpan.Zero, _ => false, Cancellation);
        var stream = StreamKey.New();
        await using var writer = await SegmentWriter.OpenAsync(log.DataSource, Cancellation);

        // Holds the batch between its fence and its commit: the key is taken by a transaction that then rolls back.
        await using var blocker = await log.DataSource.OpenConnectionAsync(Cancellation);
        await using (var transaction = await blocker.BeginTransactionAsync(Cancellation))
        {
            await new NpgsqlCommand($"""
                INSERT INTO sequin.segments SELECT '{stream}', 1, 1, 1, 1, NULL, now(), now(), '0/0', '{"{}"}', '', ''
                """, blocker, transaction).ExecuteNonQueryAsync(Cancellation);
            var append = writer.AppendAsync(
                lease!, LogSamples.PositionAt(100), [LogSamples.Segment(stream, 1, 3)], [], TimeSpan.Zero, Cancellation);
            await UntilBackendsWaitAsync(log, 1);
            var takeover = slots.TryAcquireAsync(database.Id, "silo-2", LogSamples.LeaseDuration, _ => false, Cancellation);
            await UntilBackendsWaitAsync(log, 2);
            Assert.False(takeover.IsCompleted);

            await transaction.RollbackAsync(Cancellation);
            await append;
            Assert.NotNull(await takeover);
        }

        Assert.Equal(LogSamples.PositionAt(100), await slots.ReadPositionAsync(database.Id, Cancellation));
        Assert.Equal(3, await new SegmentReader(log.DataSource).ReadHeadAsync(stream, Cancellation));
    }

    [Fact]
    public async Task An_offset_that_is_already_written_fails_the_whole_batch()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync();
        var lease = await log.AcquireAsync(database.Id);
        var (first, second) = (StreamKey.New(), StreamKey.New());
        await using var writer = await SegmentWriter.OpenAsync(log.DataSource, Cancellation);
        await writer.AppendAsync(
            lease, LogSamples.PositionAt(100), [LogSamples.Segment(first, 1, 3)], [], LogSamples.LeaseDuration, Cancellation);

        await Assert.ThrowsAsync<PostgresException>(() => writer.AppendAsync(
            lease, LogSamples.PositionAt(200), [LogSamples.Segment(second, 1, 1), LogSamples.Segment(first, 1, 3)],
            [], LogSamples.LeaseDuration, Cancellation));

        Assert.Equal(0, await new SegmentReader(log.DataSource).ReadHeadAsync(second, Cancellation));
        Assert.Equal(LogSamples.PositionAt(100), await new SlotStore(log.DataSource).ReadPositionAsync(database.Id, Cancellation));
    }

    private static async Task UntilBackendsWaitAsync(LogTestDatabase log, long count)
    {
        const string waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while (await log.ScalarAsync<long>(waiting) < count)
            Cancellation.ThrowIfCancellationRequested();
    }
}
