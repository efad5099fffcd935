using Npgsql;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Replication;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Setup;
using Sequin.Postgres.Tests.Source;

namespace Sequin.Postgres.Tests.Replication.Failures;

public sealed class SlotWatchTests(SourceTestServer.PerRun run) : IClassFixture<SourceTestServer.PerRun>
{
    private const long MiB = 1 << 20;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_idle_database_beside_a_busy_one_holds_no_WAL_back()
    {
        await using var idle = await StartAsync();
        await using var busy = await run.Server.CreateDatabaseAsync();
        await idle.InsertAsync(1, 1);
        await idle.UntilLoggedAsync(1);

        for (var round = 0; round < 30; round++)
            await busy.ExecuteAsync("SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000))");
        var written = await new SlotWatchOf(idle).LookAsync();

        long retained = 0;
        await idle.UntilAsync(
            async () =>
            {
                // The slot lets go where the server has noted which transactions run: a busy server does so every 15 s.
                await idle.ExecuteAsync("CHECKPOINT");
                return (retained = (await new SlotWatchOf(idle).LookAsync()).RetainedBytes!.Value) < 2 * MiB;
            },
            () => $"the idle slot still holds {retained} bytes back");
        Assert.True(written.WalLsn!.Value.Value > 30 * MiB);
    }

    [Fact]
    public async Task A_slot_that_nobody_reads_is_seen_growing_and_so_is_the_transaction_that_holds_it()
    {
        await using var source = await StartAsync();
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);
        await source.StopAsync();
        await using (var connection = await SourceConnector.OpenAsync(source.Admin, Cancellation))
            await SlotSetup.EndOurReaderAsync(connection, source.Database.SlotName, Cancellation);
        var before = await new SlotWatchOf(source).LookAsync();

        await using var holder = await SourceConnector.OpenAsync(source.Admin, Cancellation);
        await using var transaction = await holder.BeginTransactionAsync(Cancellation);
        await using (var command = new NpgsqlCommand("INSERT INTO t VALUES (2)", holder, transaction))
            await command.ExecuteNonQueryAsync(Cancellation);
        await source.ExecuteAsync("SELECT pg_logical_emit_message(true, 'x', repeat('x', 5000000))");
        var after = await new SlotWatchOf(source).LookAsync();

        Assert.True(after.RetainedBytes >= before.RetainedBytes + (4 * MiB));
        Assert.True(after.WalBytesPerSecond > 0);
        Assert.True(after.IsFallingBehind);
        Assert.NotNull(after.OldestTransaction);
        Assert.Equal("reserved", after.WalStatus);
        Assert.Equal(["public.t"], after.Tables);
    }

    [Fact]
    public async Task One_of_many_looks_and_a_source_that_does_not_answer_is_noted()
    {
        await using var source = await StartAsync();
        var watch = new SlotWatch(source.Log.DataSource, TimeProvider.System);
        var readings = await Task.WhenAll(Enumerable.Range(0, 8).Select(
            _ => watch.RunOnceAsync(source.Database, TimeSpan.FromMinutes(1), Cancellation)));

        var away = source.Database with { Address = source.Database.Address with { Port = 1 } };
        Assert.Null(await watch.RunOnceAsync(away, TimeSpan.Zero, Cancellation));
        var noted = await new SlotReadings(source.Log.DataSource).ReadAsync(source.Database.Id, Cancellation);

        Assert.Single(readings, reading => reading is not null);
        Assert.Contains("Nothing listens", noted!.Error, StringComparison.Ordinal);
        Assert.Equal("reserved", noted.WalStatus);
    }

    private async Task<ReplicatedSource> StartAsync() =>
        await ReplicatedSource.StartAsync((await run.Server.CreateDatabaseAsync()).Address);
}
