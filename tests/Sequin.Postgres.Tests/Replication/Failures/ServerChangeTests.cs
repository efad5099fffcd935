using System.Diagnostics;
using Npgsql;
using Sequin.Postgres.Embedded;
using Sequin.Postgres.Replication.Attach;
using Sequin.Postgres.Source;
using Sequin.Postgres.Tests.Source;
using Sequin.Testing;
using Sequin.Testing.Servers;

namespace Sequin.Postgres.Tests.Replication.Failures;

/// <summary>What becomes of a stream when the server behind its address is another one, or has changed its ways.</summary>
public sealed class ServerChangeTests(SourceTestServer.PerRun run) : IClassFixture<SourceTestServer.PerRun>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_right_that_is_taken_away_while_streaming_is_told_at_once_and_asked_for_when_it_is_needed()
    {
        var database = await run.Server.CreateDatabaseAsync();
        var pump = await database.CreateRoleAsync("REPLICATION");
        await using var source = await ReplicatedSource.StartAsync(database.Address, pump);
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);

        await source.ExecuteAsync($"ALTER ROLE {pump.Username} NOREPLICATION");
        Assert.False((await new SlotWatchOf(source).LookAsync()).MayReplicate);
        await source.ExecuteAsync(
            $"SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '{source.Database.SlotName}'");
        var detail = await source.UntilStateAsync(DatabaseState.PermissionDenied);
        await source.InsertAsync(2, 2);
        await source.ExecuteAsync($"ALTER ROLE {pump.Username} REPLICATION");

        await source.UntilLoggedAsync(1, 2);
        Assert.Contains($"ALTER ROLE \"{pump.Username}\" REPLICATION", detail, StringComparison.Ordinal);
        await source.UntilStreamingAsync();
    }

    [Fact]
    public async Task A_server_that_was_promoted_is_a_gap()
    {
        await using var server = await PostgresServer.StartOwnAsync(cancellationToken: Cancellation);
        await using var database = await TestDatabase.CreateAsync(server);
        await using var source = await ReplicatedSource.StartAsync(SourceCrashTests.Address(database));
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);

        await source.StopAsync();
        await server.StopAsync(ShutdownMode.Fast, Cancellation);
        var signal = Path.Combine(ClusterDirectory(server.DataDirectory), "standby.signal");
        await File.WriteAllTextAsync(signal, "", Cancellation);
        await server.RestartAsync(ShutdownMode.Fast, Cancellation);
        source.Start();
        var asStandby = await source.UntilStateAsync(DatabaseState.Reconnecting);
        await source.ExecuteAsync("SELECT pg_promote()");
        await source.UntilStateAsync(DatabaseState.Gap);
        await RecoversAsync(source, "timeline_changed", to: null);

        Assert.Contains("standby", asStandby, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_server_at_the_same_address_is_a_gap_and_the_former_one_closes_it()
    {
        await using var proxy = TcpProxy.Start(run.Server.Port);
        var database = await run.Server.CreateDatabaseAsync();
        await using var source = await ReplicatedSource.StartAsync(
            database.Address, database.Address with { Port = proxy.Port, Hostname = "127.0.0.1" });
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);
        await using var other = await SourceTestServer.StartAsync([]);
        await PrepareAsync(other.Address(), $"CREATE DATABASE {database.Address.Database}");
        await PrepareAsync(other.Address(database.Address.Database), "CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION pub FOR TABLE t");
        await PrepareAsync(
            other.Address(database.Address.Database),
            $"SELECT pg_create_logical_replication_slot('{source.Database.SlotName}', 'pgoutput')");

        proxy.TargetPort = other.Port;
        proxy.Cut();
        var detail = await source.UntilStateAsync(DatabaseState.Gap);
        proxy.TargetPort = run.Server.Port;
        await source.InsertAsync(2, 2);

        await source.UntilLoggedAsync(1, 2);
        Assert.Contains("system identifier", detail, StringComparison.Ordinal);
        var gap = Assert.Single(await source.Gaps.ListAsync(source.Database.Id, 10, null, Cancellation));
        Assert.Equal(("server_changed", null), (gap.Reason, gap.Backfill));
        Assert.Contains("Nothing was lost", gap.Resolution, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_was_set_back_stays_a_gap_when_it_has_grown_past_the_old_position()
    {
        await using var server = await PostgresServer.StartOwnAsync(cancellationToken: Cancellation);
        await using var database = await TestDatabase.CreateAsync(server);
        await using var source = await ReplicatedSource.StartAsync(SourceCrashTests.Address(database));
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);
        var cluster = ClusterDirectory(server.DataDirectory);

        await source.StopAsync();
        await server.StopAsync(ShutdownMode.Fast, Cancellation);
        Copy(cluster, $"{cluster}.backup");
        await server.RestartAsync(ShutdownMode.Fast, Cancellation);
        source.Start();
        await source.InsertAsync(2, 200);
        await source.UntilLoggedAsync(Enumerable.Range(1, 200));
        await source.StopAsync();
        await server.StopAsync(ShutdownMode.Fast, Cancellation);
        Directory.Delete(cluster, recursive: true);
        Directory.Move($"{cluster}.backup", cluster);
        await server.RestartAsync(ShutdownMode.Fast, Cancellation);
        source.Start();
        await source.UntilStateAsync(DatabaseState.Gap);
        await source.ExecuteAsync("SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000))");
        // Looked at again, now that the position seems to be there.
        await source.StopAsync();
        source.Start();
        await source.UntilStateAsync(DatabaseState.Gap);

        await RecoversAsync(source, "server_went_back", to: null, logged: [.. Enumerable.Range(1, 200), 1000]);
    }

    [Fact]
    public async Task A_server_without_logical_WAL_is_told_before_the_slot_that_is_gone_with_it()
    {
        var directory = Directory.CreateTempSubdirectory("sequin-wal-level-").FullName;
        try
        {
            SourceTestServer.GiveToServer(directory);
            await using var proxy = TcpProxy.Start(0);
            SourceAddress address;
            await using var log = await Log.LogTestDatabase.CreateAsync();
            ReplicatedSource source;
            await using (var server = await StartAsync(directory, "logical"))
            {
                proxy.TargetPort = server.Port;
                await using var database = await TestDatabase.CreateAsync(server);
                address = SourceCrashTests.Address(database) with { Port = proxy.Port, Database = "postgres" };
                source = await ReplicatedSource.StartAsync(address, log: log);
                await source.InsertAsync(1, 1);
                await source.UntilLoggedAsync(1);
                await source.StopAsync();
                await source.ExecuteAsync($"SELECT pg_drop_replication_slot('{source.Database.SlotName}')");
            }

            await using (var server = await StartAsync(directory, "replica"))
            {
                proxy.TargetPort = server.Port;
                source.Start();
                var detail = await source.UntilStateAsync(DatabaseState.WalLevelWrong);
                Assert.Contains("ALTER SYSTEM SET wal_level", detail, StringComparison.Ordinal);
                var refused = Assert.IsType<SlotRecoveryResult.Refused>(await source.RecoverAsync());
                Assert.Equal(SourceProblemCode.WalLevelWrong, refused.Problem.Code);
            }

            await using (var server = await StartAsync(directory, "logical"))
            {
                proxy.TargetPort = server.Port;
                await source.UntilStateAsync(DatabaseState.SlotMissing);
                await RecoversAsync(source, "slot_missing", to: true);
                await source.StopAsync();
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static Task<EmbeddedPostgres> StartAsync(string directory, string walLevel) => PostgresServer.StartOwnAsync(
        new EmbeddedPostgresOptions
        {
            DataDirectory = directory,
            Settings = new Dictionary<string, string> { ["wal_level"] = walLevel },
        },
        Cancellation);

    private static async Task RecoversAsync(ReplicatedSource source, string reason, bool? to, IEnumerable<int>? logged = null)
    {
        Assert.IsType<SlotRecoveryResult.Recovered>(await source.RecoverAsync());
        await source.UntilStreamingAsync();
        await source.InsertAsync(1000, 1000);
        await source.UntilLoggedAsync(logged ?? [1, 1000]);
        var gap = (await source.Gaps.ListAsync(source.Database.Id, 10, null, Cancellation))[0];
        Assert.Equal((reason, to is true, "pending"), (gap.Reason, gap.To is not null, gap.Backfill));
    }

    private static async Task PrepareAsync(SourceAddress address, string sql)
    {
        await using var connection = await SourceConnector.OpenAsync(address, Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static string ClusterDirectory(string directory) => File.Exists(Path.Combine(directory, "PG_VERSION"))
        ? directory
        : Path.GetDirectoryName(Directory.EnumerateFiles(directory, "PG_VERSION", SearchOption.AllDirectories)
            .MinBy(path => path.Length)!)!;

    // With owners and modes, which PostgreSQL is particular about.
    private static void Copy(string from, string to)
    {
        using var copy = Process.Start("cp", ["-a", from, to]);
        copy.WaitForExit();
        Assert.Equal(0, copy.ExitCode);
    }
}
