using System.Diagnostics;
using Npgsql;
using Sequin.Postgres.Embedded;
using Sequin.Postgres.Source;
using Sequin.Testing;

namespace Sequin.Postgres.Tests.Replication.Failures;

/// <summary>What becomes of a stream when its source is hurt. One server for all, which is hurt again and again.</summary>
public sealed class SourceCrashTests(SourceCrashTests.Victim victim) : IClassFixture<SourceCrashTests.Victim>
{
    private const int Kills = 15;
    private static readonly TimeSpan KillInterval = TimeSpan.FromMilliseconds(200);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_walsender_that_is_killed_again_and_again_loses_and_doubles_nothing()
    {
        await using var database = await TestDatabase.CreateAsync(victim.Server);
        await using var source = await ReplicatedSource.StartAsync(Address(database));
        var inserting = source.InsertAsync(1, 400);
        for (var kill = 0; kill < Kills; kill++)
        {
            await Task.Delay(KillInterval, TimeProvider.System, Cancellation);
            await source.ExecuteAsync($"SELECT count(pg_terminate_backend(active_pid)) FROM pg_replication_slots WHERE active");
        }

        await inserting;
        await source.UntilLoggedAsync(Enumerable.Range(1, 400));
    }

    [Fact]
    public async Task A_killed_walsender_is_replaced_within_seconds()
    {
        await using var database = await TestDatabase.CreateAsync(victim.Server);
        await using var source = await ReplicatedSource.StartAsync(Address(database));
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);

        var started = Stopwatch.GetTimestamp();
        await source.ExecuteAsync("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active");
        await source.InsertAsync(2, 2);
        await source.UntilLoggedAsync(1, 2);

        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5), $"It took {Stopwatch.GetElapsedTime(started)}.");
    }

    [Fact]
    public async Task A_backend_that_is_killed_hard_takes_the_server_down_and_the_stream_goes_on_when_it_is_back()
    {
        await using var database = await TestDatabase.CreateAsync(victim.Server);
        await using var source = await ReplicatedSource.StartAsync(Address(database));
        await source.InsertAsync(1, 5);
        await source.UntilLoggedAsync(Enumerable.Range(1, 5));

        var backend = await source.QueryAsync<int>("SELECT active_pid FROM pg_replication_slots WHERE active");
        using (var process = Process.GetProcessById(backend))
            process.Kill();
        await InsertWhenUpAsync(source, 6);

        await source.UntilLoggedAsync(Enumerable.Range(1, 6));
    }

    [Fact]
    public async Task A_server_that_is_stopped_at_once_is_waited_for()
    {
        await using var database = await TestDatabase.CreateAsync(victim.Server);
        await using var source = await ReplicatedSource.StartAsync(Address(database));
        await source.InsertAsync(1, 5);

        await victim.Server.StopAsync(ShutdownMode.Immediate, Cancellation);
        var detail = await source.UntilStateAsync(DatabaseState.Reconnecting);
        await victim.Server.RestartAsync(ShutdownMode.Immediate, Cancellation);
        await InsertWhenUpAsync(source, 6);

        await source.UntilLoggedAsync(Enumerable.Range(1, 6));
        Assert.NotEmpty(detail);
    }

    [Fact]
    public async Task A_commit_that_hangs_for_a_standby_comes_once()
    {
        await using var database = await TestDatabase.CreateAsync(victim.Server);
        await using var source = await ReplicatedSource.StartAsync(Address(database));
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);

        await source.ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
        await source.ExecuteAsync("SELECT pg_reload_conf()");
        var hanging = source.InsertAsync(2, 2);
        // Its change is in the WAL, and the log has it before its writer hears of the commit.
        await source.UntilLoggedAsync(1, 2);
        Assert.False(hanging.IsCompleted);
        await source.ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = ''");
        await source.ExecuteAsync("SELECT pg_reload_conf()");
        await hanging;
        await source.InsertAsync(3, 3);

        await source.UntilLoggedAsync(1, 2, 3);
    }

    internal static SourceAddress Address(TestDatabase database)
    {
        var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        return new SourceAddress
        {
            Hostname = settings.Host!,
            Port = settings.Port,
            Database = settings.Database!,
            Username = settings.Username!,
            Password = settings.Password,
        };
    }

    private static Task InsertWhenUpAsync(ReplicatedSource source, int id) => source.UntilAsync(
        async () =>
        {
            try
            {
                await source.ExecuteAsync($"INSERT INTO t VALUES ({id}) ON CONFLICT DO NOTHING");
                return true;
            }
            catch (Exception away) when (away is NpgsqlException or SourceProblemException)
            {
                return false;
            }
        },
        () => "the source did not take an insert");

    /// <summary>A server of this class' own.</summary>
    public sealed class Victim : IAsyncLifetime
    {
        public EmbeddedPostgres Server { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Server = await PostgresServer.StartOwnAsync(cancellationToken: Cancellation);

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
