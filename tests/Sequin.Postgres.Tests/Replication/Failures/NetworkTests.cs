using System.Diagnostics;
using Sequin.Postgres.Replication;
using Sequin.Postgres.Source;
using Sequin.Postgres.Tests.Source;
using Sequin.Testing.Servers;

namespace Sequin.Postgres.Tests.Replication.Failures;

/// <summary>What becomes of a stream when the network between it and its source fails.</summary>
public sealed class NetworkTests(SourceTestServer.PerRun run) : IClassFixture<SourceTestServer.PerRun>
{
    private static readonly TimeSpan FlapInterval = TimeSpan.FromMilliseconds(120);
    private const int Flaps = 20;

    [Fact]
    public async Task A_cut_connection_is_made_again_and_nothing_is_lost_or_doubled()
    {
        await using var proxy = TcpProxy.Start(run.Server.Port);
        await using var source = await StartAsync(proxy);
        await source.InsertAsync(1, 2);
        await source.UntilLoggedAsync(1, 2);

        var started = Stopwatch.GetTimestamp();
        proxy.Cut();
        await source.InsertAsync(3, 4);
        await source.UntilLoggedAsync(1, 2, 3, 4);

        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(8), "A cut was not noticed for long.");
    }

    [Fact]
    public async Task A_source_that_refuses_is_told_and_waited_for()
    {
        await using var proxy = TcpProxy.Start(run.Server.Port);
        await using var source = await StartAsync(proxy);
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);
        // Until then it still has the state it began with, which is the same.
        await source.UntilStreamingAsync();

        await proxy.RefuseAsync();
        var detail = await source.UntilStateAsync(DatabaseState.Reconnecting);
        await source.InsertAsync(2, 2);
        proxy.Accept();
        await source.UntilLoggedAsync(1, 2);

        Assert.NotEmpty(detail);
        Assert.Contains("tried again by itself", detail, StringComparison.Ordinal);
        await source.UntilStreamingAsync();
    }

    [Fact]
    public async Task A_half_open_connection_counts_as_gone_after_the_silence_that_is_set()
    {
        await using var proxy = TcpProxy.Start(run.Server.Port);
        await using var source = await StartAsync(proxy, new SlotPumpOptions { SourceSilenceMax = TimeSpan.FromSeconds(2) });
        await source.InsertAsync(1, 1);
        await source.UntilLoggedAsync(1);
        await source.UntilStreamingAsync();

        proxy.Stall();
        await source.InsertAsync(2, 2);
        var detail = await source.UntilStateAsync(DatabaseState.Reconnecting);
        proxy.Cut();
        proxy.Resume();
        await source.UntilLoggedAsync(1, 2);

        Assert.Contains("silent", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flapping_network_loses_and_doubles_nothing()
    {
        await using var proxy = TcpProxy.Start(run.Server.Port);
        await using var source = await StartAsync(proxy);
        var inserting = source.InsertAsync(1, 400);
        for (var flap = 0; flap < Flaps; flap++)
        {
            // The interval is the fault, not a wait for something.
            await Task.Delay(FlapInterval, TimeProvider.System, TestContext.Current.CancellationToken);
            proxy.Cut();
        }

        await inserting;
        await source.UntilLoggedAsync(Enumerable.Range(1, 400));
    }

    private async Task<ReplicatedSource> StartAsync(TcpProxy proxy, SlotPumpOptions? options = null)
    {
        var database = await run.Server.CreateDatabaseAsync();
        return await ReplicatedSource.StartAsync(
            database.Address, database.Address with { Port = proxy.Port, Hostname = "127.0.0.1" }, options: options);
    }
}
