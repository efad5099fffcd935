using System.Diagnostics;
using Sequin.Postgres.Replication.Attach;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Setup;
using Sequin.Postgres.Tests.Source;

namespace Sequin.Postgres.Tests.Replication.Failures;

/// <summary>What becomes of a stream when somebody lays hands on its slot, and how it goes on.</summary>
public sealed class SlotFailureTests(SourceTestServer.PerRun run) : IClassFixture<SourceTestServer.PerRun>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dropped_slot_is_told_and_recovered_and_the_gap_is_kept_with_range_and_tables()
    {
        await using var source = await StartAsync();
        await source.InsertAsync(1, 3);
        await source.UntilLoggedAsync(1, 2, 3);
        await new SlotWatchOf(source).LookAsync();

        await SabotageAsync(source, slot => $"SELECT pg_drop_replication_slot('{slot}')");
        await source.InsertAsync(4, 5);
        source.Start();
        var detail = await source.UntilStateAsync(DatabaseState.SlotMissing);
        var open = await source.Gaps.FindOpenAsync(source.Database.Id, Cancellation);
        var recovered = Assert.IsType<SlotRecoveryResult.Recovered>(await source.RecoverAsync());
        await source.UntilStreamingAsync();
        await source.InsertAsync(6, 7);

        await source.UntilLoggedAsync(1, 2, 3, 6, 7);
        Assert.Contains(source.Database.SlotName, detail, StringComparison.Ordinal);
        Assert.Contains("ecover", detail, StringComparison.Ordinal);
        Assert.Equal(("slot_missing", null), (open!.Reason, open.To));
        Assert.Equal(["public.t"], open.Tables);
        var gap = Assert.Single(await source.Gaps.ListAsync(source.Database.Id, 10, null, Cancellation));
        Assert.Equal((open.Id, open.From, recovered.From, "pending"), (gap.Id, gap.From, gap.To!.Value, gap.Backfill));
        Assert.NotNull(gap.ResolvedAt);
        Assert.Equal(recovered.GapId, gap.Id);
        Assert.Equal(2, (await source.Slots.ReadPositionAsync(source.Database.Id, Cancellation)).Last.SourceEpoch);
    }

    [Fact]
    public async Task A_slot_that_was_made_again_is_a_gap()
    {
        await using var source = await StartAsync();
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);

        await SabotageAsync(source, slot => $"SELECT pg_drop_replication_slot('{slot}')");
        await source.InsertAsync(2, 2);
        await source.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{source.Database.SlotName}', 'pgoutput')");
        source.Start();

        await IsGapAndRecoversAsync(source, "slot_ahead", logged: [1, 3]);
    }

    [Fact]
    public async Task A_slot_that_somebody_advanced_is_a_gap()
    {
        await using var source = await StartAsync();
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);

        await source.StopAsync();
        await source.InsertAsync(2, 2);
        await SabotageAsync(source, slot => $"SELECT pg_replication_slot_advance('{slot}', pg_current_wal_lsn())");
        source.Start();

        await IsGapAndRecoversAsync(source, "slot_ahead", logged: [1, 3]);
    }

    [Fact]
    public async Task A_slot_that_lost_its_WAL_is_told_and_recovered()
    {
        await using var server = await SourceTestServer.StartAsync(
            ["max_slot_wal_keep_size=1MB", "max_wal_size=2MB", "min_wal_size=2MB"]);
        await using var source = await ReplicatedSource.StartAsync(server.Address());
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);

        await source.StopAsync();
        for (var round = 0; round < 6; round++)
        {
            await source.ExecuteAsync("SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000))");
            await source.ExecuteAsync("SELECT pg_switch_wal()");
            await source.ExecuteAsync("CHECKPOINT");
        }

        source.Start();
        var detail = await source.UntilStateAsync(DatabaseState.SlotLost);
        Assert.Contains("max_slot_wal_keep_size", detail, StringComparison.Ordinal);
        Assert.Equal("slot_lost", (await source.Gaps.FindOpenAsync(source.Database.Id, Cancellation))!.Reason);
        Assert.IsType<SlotRecoveryResult.Recovered>(await source.RecoverAsync());
        await source.UntilStreamingAsync();
        await source.InsertAsync(2, 2);
        await source.UntilLoggedAsync(1, 2);
    }

    [Fact]
    public async Task A_stranger_who_reads_the_slot_is_waited_for_and_nothing_is_lost()
    {
        await using var source = await StartAsync();
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);
        await source.StopAsync();

        await using (await SlotReader.StartAsync(source.Admin, source.Database.SlotName, ReplicatedSource.Publication, "a_stranger"))
        {
            source.Start();
            Assert.Contains("a_stranger", await source.UntilStateAsync(DatabaseState.SlotInUse), StringComparison.Ordinal);
            Assert.IsType<SlotRecoveryResult.InUse>(await source.RecoverAsync());
        }

        await source.UntilStreamingAsync();
        await source.InsertAsync(2, 2);
        await source.UntilLoggedAsync(1, 2);
    }

    [Fact]
    public async Task A_slot_of_another_database_is_told_and_cannot_be_recovered()
    {
        await using var source = await StartAsync();
        await using var other = await run.Server.CreateDatabaseAsync();

        await SabotageAsync(source, slot => $"SELECT pg_drop_replication_slot('{slot}')");
        await other.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{source.Database.SlotName}', 'pgoutput')");
        source.Start();

        var detail = await source.UntilStateAsync(DatabaseState.SlotMissing);
        Assert.Contains(other.Address.Database, detail, StringComparison.Ordinal);
        var refused = Assert.IsType<SlotRecoveryResult.Refused>(await source.RecoverAsync());
        Assert.Equal(SourceProblemCode.SlotOtherDatabase, refused.Problem.Code);
        await other.ExecuteAsync($"SELECT pg_drop_replication_slot('{source.Database.SlotName}')");
    }

    [Fact]
    public async Task A_dropped_publication_is_told_within_seconds_and_recovered_with_its_tables()
    {
        await using var source = await StartAsync();
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);
        await source.ExecuteAsync("CREATE TABLE never_published (id int PRIMARY KEY)");
        await new SlotWatchOf(source).LookAsync();

        var started = Stopwatch.GetTimestamp();
        await source.ExecuteAsync("DROP PUBLICATION pub");
        await source.InsertAsync(2, 2);
        var detail = await source.UntilStateAsync(DatabaseState.PublicationMissing);
        var noticed = Stopwatch.GetElapsedTime(started);

        Assert.Contains("\"pub\"", detail, StringComparison.Ordinal);
        Assert.True(noticed < TimeSpan.FromSeconds(5), $"It took {noticed} to notice: {source.LastFailure}");
        Assert.IsType<SlotRecoveryResult.Recovered>(await source.RecoverAsync());
        await source.UntilStreamingAsync();
        await source.InsertAsync(3, 3);
        await source.UntilLoggedAsync(1, 3);
        Assert.Equal("t", await source.QueryAsync<string>("SELECT string_agg(tablename, ',') FROM pg_publication_tables"));
        Assert.Equal("publication_missing", Assert.Single(await source.Gaps.ListAsync(source.Database.Id, 10, null, Cancellation)).Reason);
    }

    [Fact]
    public async Task A_publication_that_was_made_too_late_is_told_and_recovered()
    {
        await using var source = await StartAsync();
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);
        await source.StopAsync();
        await source.ExecuteAsync("DROP PUBLICATION pub");
        await source.InsertAsync(2, 2);
        await source.ExecuteAsync("CREATE PUBLICATION pub FOR TABLE t");
        source.Start();

        var detail = await source.UntilStateAsync(DatabaseState.PublicationMissing);
        Assert.Contains("cannot decode", detail, StringComparison.Ordinal);
        var result = await source.RecoverAsync();
        Assert.True(result is SlotRecoveryResult.Recovered, result.ToString());
        await source.UntilStreamingAsync();
        await source.InsertAsync(3, 3);
        await source.UntilLoggedAsync(1, 3);
    }

    [Fact]
    public async Task A_slot_that_keeps_what_is_missing_has_nothing_to_recover()
    {
        await using var source = await StartAsync();
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);

        Assert.IsType<SlotRecoveryResult.NothingToRecover>(await source.RecoverAsync());
        await source.StopAsync();
        Assert.IsType<SlotRecoveryResult.NothingToRecover>(await source.RecoverAsync());
        source.Start();

        await source.InsertAsync(2, 2);
        await source.UntilLoggedAsync(1, 2);
    }

    [Fact]
    public async Task A_slot_that_comes_back_whole_closes_its_gap_by_itself()
    {
        await using var source = await StartAsync();
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);
        await source.StopAsync();
        // As when the address led to a server without the slot for a while.
        var position = await source.Slots.ReadPositionAsync(source.Database.Id, Cancellation);
        await source.Gaps.RecordAsync(source.Database.Id, "slot_missing", position.EndLsn, null, Cancellation);
        await source.InsertAsync(2, 2);
        source.Start();

        await source.UntilLoggedAsync(1, 2);

        var gap = Assert.Single(await source.Gaps.ListAsync(source.Database.Id, 10, null, Cancellation));
        Assert.Contains("Nothing was lost", gap.Resolution, StringComparison.Ordinal);
        Assert.Null(gap.Backfill);
    }

    private async Task<ReplicatedSource> StartAsync()
    {
        var database = await run.Server.CreateDatabaseAsync();
        return await ReplicatedSource.StartAsync(database.Address);
    }

    private static async Task SabotageAsync(ReplicatedSource source, Func<string, string> sql)
    {
        await source.StopAsync();
        await using var connection = await SourceConnector.OpenAsync(source.Admin, Cancellation);
        await SlotSetup.EndOurReaderAsync(connection, source.Database.SlotName, Cancellation);
        await source.ExecuteAsync(sql(source.Database.SlotName));
    }

    private static async Task IsGapAndRecoversAsync(ReplicatedSource source, string reason, IEnumerable<int> logged)
    {
        await source.UntilStateAsync(DatabaseState.Gap);
        var open = await source.Gaps.FindOpenAsync(source.Database.Id, Cancellation);
        Assert.Equal(reason, open!.Reason);
        Assert.True(open.To > open.From);
        Assert.IsType<SlotRecoveryResult.Recovered>(await source.RecoverAsync());
        await source.UntilStreamingAsync();
        await source.InsertAsync(3, 3);
        await source.UntilLoggedAsync(logged);
    }
}
