using Npgsql;
using Sequin.Core.Changes;
using Sequin.Postgres.Replication;
using Sequin.Postgres.Source;
using Sequin.Postgres.Tests.Log;
using Sequin.Postgres.Tests.Source;
using Sequin.Testing;
using Sequin.Testing.Servers;

namespace Sequin.Postgres.Tests.Replication.Failures;

/// <summary>What becomes of a stream when its log does not take it, or does not say so.</summary>
public sealed class LogFailureTests(SourceTestServer.PerRun run) : IClassFixture<SourceTestServer.PerRun>
{
    private static readonly TimeSpan SenderTimeout = TimeSpan.FromSeconds(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_commit_whose_answer_is_lost_is_in_the_log_once()
    {
        await using var proxy = TcpProxy.Start((await PostgresServer.SharedAsync()).Port);
        // Only the commit's answer is to be lost, not that of a position written in idleness: behind it no commit would come.
        await using var source = await StartAsync(
            Through(proxy), new SlotPumpOptions { IdleInterval = TimeSpan.FromMinutes(1) });
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);

        var lost = proxy.SwallowAnswers();
        await source.InsertAsync(2, 2);
        await source.UntilLoggedAsync(1, 2);
        await lost;
        proxy.PassAnswers();
        proxy.Cut();
        await source.InsertAsync(3, 3);

        await source.UntilLoggedAsync(1, 2, 3);
    }

    [Fact]
    public async Task A_stalled_log_does_not_cost_the_walsender_whatever_its_server_has_for_a_timeout()
    {
        await using var proxy = TcpProxy.Start((await PostgresServer.SharedAsync()).Port);
        await using var source = await StartAsync(Through(proxy));
        await source.ExecuteAsync($"ALTER ROLE postgres IN DATABASE {source.Admin.Database} SET wal_sender_timeout = '1s'");
        await source.StopAsync();
        source.Start();
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);
        var sender = await WalSenderAsync(source);

        proxy.Stall();
        await source.InsertAsync(2, 2);
        await Task.Delay(3 * SenderTimeout, TimeProvider.System, Cancellation);
        var senderLater = await WalSenderAsync(source);
        proxy.Resume();

        await source.UntilLoggedAsync(1, 2);
        Assert.Equal(sender, senderLater);
    }

    [Fact]
    public async Task An_owner_that_slept_longer_than_its_lease_writes_nothing_when_it_wakes()
    {
        await using var proxy = TcpProxy.Start((await PostgresServer.SharedAsync()).Port);
        var options = new SlotPumpOptions { LeaseDuration = TimeSpan.FromSeconds(1), IdleInterval = TimeSpan.FromMilliseconds(300) };
        await using var source = await StartAsync(Through(proxy), options);
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);

        proxy.Stall();
        await source.InsertAsync(2, 5);
        await using (source.StartRival())
        {
            await source.UntilLoggedAsync(1, 2, 3, 4, 5);
            proxy.Resume();
            await source.InsertAsync(6, 9);
            await source.UntilLoggedAsync(Enumerable.Range(1, 9));
        }

        await source.InsertAsync(10, 10);
        await source.UntilLoggedAsync(Enumerable.Range(1, 10));
    }

    [Fact]
    public async Task A_commit_that_no_standby_has_is_not_confirmed_to_the_source()
    {
        await using var postgres = await PostgresServer.StartOwnAsync(cancellationToken: Cancellation);
        var log = await LogTestDatabase.CreateAsync(postgres);
        // The commit's wait for the standby is cancelled after this long.
        var database = await run.Server.CreateDatabaseAsync();
        await using var source = await ReplicatedSource.StartAsync(
            database.Address, log: log, logOfPump: own => new NpgsqlConnectionStringBuilder(own) { CommandTimeout = 1 }.ConnectionString);
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);

        await SetStandbyAsync(log, "nobody");
        await source.InsertAsync(2, 2);
        var committed = Lsn.Parse(await source.QueryAsync<string>("SELECT pg_current_wal_lsn()::text"));
        // It is committed where it stands, and visible: that is the trap.
        await source.UntilLoggedAsync(1, 2);
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, Cancellation);
        var confirmed = Lsn.Parse(await source.QueryAsync<string>(
            $"SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = '{source.Database.SlotName}'"));
        await SetStandbyAsync(log, "");
        await source.InsertAsync(3, 3);

        await source.UntilLoggedAsync(1, 2, 3);
        await source.UntilStreamingAsync();
        Assert.True(confirmed < committed, $"{confirmed} was confirmed, and {committed} was on one server only.");
    }

    private async Task<ReplicatedSource> StartAsync(Func<string, string> logOfPump, SlotPumpOptions? options = null)
    {
        var database = await run.Server.CreateDatabaseAsync();
        return await ReplicatedSource.StartAsync(database.Address, logOfPump: logOfPump, options: options);
    }

    private static Func<string, string> Through(TcpProxy proxy) =>
        own => new NpgsqlConnectionStringBuilder(own) { Port = proxy.Port }.ConnectionString;

    private static Task<int> WalSenderAsync(ReplicatedSource source) =>
        source.QueryAsync<int>($"SELECT active_pid FROM pg_replication_slots WHERE slot_name = '{source.Database.SlotName}'");

    private static async Task SetStandbyAsync(LogTestDatabase log, string name)
    {
        await log.ExecuteAsync($"ALTER SYSTEM SET synchronous_standby_names = '{name}'");
        await log.ExecuteAsync("SELECT pg_reload_conf()");
    }
}
