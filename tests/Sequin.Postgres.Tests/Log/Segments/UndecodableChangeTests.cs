using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Replication;
using Sequin.Postgres.Replication.Decoding;
using static Sequin.Postgres.Tests.Replication.Decoding.PgOutputBytes;

namespace Sequin.Postgres.Tests.Log.Segments;

public sealed class UndecodableChangeTests
{
    private const uint Table = 16400;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_undecodable_row_is_kept_with_its_batch_and_its_neighbours_are_in_the_stream()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync();
        var lease = await log.AcquireAsync(database.Id);
        var stream = StreamKey.New();
        byte[] broken = [.. Insert(Table, "2"), 0];
        var batch = Decode(stream, Insert(Table, "1"), broken, Insert(Table, "3"));

        await using var writer = await SegmentWriter.OpenAsync(log.DataSource, Cancellation);
        await writer.AppendAsync(lease, batch.Position, batch.Segments, batch.Undecodable, LogSamples.LeaseDuration, Cancellation);

        Assert.Equal(1, await new UndecodableChangeStore(log.DataSource).CountAsync(database.Id, Cancellation));
        Assert.Equal(0, await new UndecodableChangeStore(log.DataSource).CountAsync(DatabaseId.New(), Cancellation));
        Assert.Equal(2, await new SegmentReader(log.DataSource).ReadHeadAsync(stream, Cancellation));
        Assert.Equal(
            "1 0/64 1 public.t",
            await log.ScalarAsync<string>(
                "SELECT concat_ws(' ', source_epoch, commit_lsn, ordinal, table_name) FROM sequin.undecodable_changes"));
        Assert.Equal(broken, await log.ScalarAsync<byte[]>("SELECT raw FROM sequin.undecodable_changes"));
    }

    [Fact]
    public async Task A_batch_of_nothing_else_moves_the_position()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync();
        var lease = await log.AcquireAsync(database.Id);
        var batch = Decode(StreamKey.New(), [.. Insert(Table, "1"), 0]);
        Assert.Empty(batch.Segments);

        await using var writer = await SegmentWriter.OpenAsync(log.DataSource, Cancellation);
        await writer.AppendAsync(lease, batch.Position, batch.Segments, batch.Undecodable, LogSamples.LeaseDuration, Cancellation);

        Assert.Equal(
            new Position(1, new Lsn(100), 0),
            (await new SlotStore(log.DataSource).ReadPositionAsync(database.Id, Cancellation)).Last);
    }

    [Fact]
    public async Task An_owner_that_lost_its_lease_keeps_none()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var database = await log.InsertDatabaseAsync();
        var stale = await log.AcquireAsync(database.Id);
        await log.ExecuteAsync("UPDATE sequin.slots SET expires_at = now()");
        await log.AcquireAsync(database.Id, "silo-2");
        var batch = Decode(StreamKey.New(), [.. Insert(Table, "1"), 0]);

        await using var writer = await SegmentWriter.OpenAsync(log.DataSource, Cancellation);
        await Assert.ThrowsAsync<SlotLeaseLostException>(() => writer.AppendAsync(
            stale, batch.Position, batch.Segments, batch.Undecodable, LogSamples.LeaseDuration, Cancellation));

        Assert.Equal(0, await new UndecodableChangeStore(log.DataSource).CountAsync(database.Id, Cancellation));
    }

    [Fact]
    public void Of_a_large_one_the_beginning_is_kept_and_the_rest_is_said()
    {
        byte[] broken = [.. Insert(Table, new string('x', UndecodableChange.RawBytesMax)), 0];
        var kept = Assert.Single(Decode(StreamKey.New(), broken).Undecodable);

        Assert.Equal(broken[..UndecodableChange.RawBytesMax], kept.Raw);
        Assert.Contains($"of its {broken.Length} bytes", kept.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_that_is_larger_than_a_message_may_be_is_one()
    {
        // Each of these bytes is six in JSON.
        var insert = Insert(Table, new string('\u0001', 90_000_000));
        var batch = Decode(StreamKey.New(), insert, Insert(Table, "2"));

        Assert.Contains("536870912", Assert.Single(batch.Undecodable).Error, StringComparison.Ordinal);
        Assert.Equal(1, Assert.Single(batch.Segments).Count);
    }

    private static IngestBatch Decode(StreamKey stream, params byte[][] rows)
    {
        var assembler = new BatchAssembler(new SlotPosition(Position.Start(1), Lsn.Zero, null, null));
        var routes = new StreamRoutes(1, [new StreamRoute(stream, "all", StreamSource.Everything, IsOverQuota: false)]);
        assembler.Route(routes, new Dictionary<StreamKey, StreamEnd> { [stream] = StreamEnd.Empty });
        var decoder = new PgOutputDecoder("myapp", assembler);
        byte[][] messages =
            [Begin(100), Relation(Table, "public", "t", 'd', new Column("id", 25, true)), .. rows, Commit(100, 150)];
        foreach (var message in messages)
            decoder.Decode(message, Lsn.Zero);
        Assert.True(assembler.HasMessages);
        return assembler.Take();
    }
}
