using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Sequin.Postgres.Tests.Log.Cluster;

public sealed class OrleansSchemaTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_silo_starts_on_the_log_database_and_keeps_grain_state_there()
    {
        await using var database = await LogTestDatabase.CreateAsync();
        using var silo = await OrleansSilo.StartAsync(database, Cancellation);
        var grain = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<INotebookGrain>("käse \\ 1");

        await grain.WriteAsync("one");
        await grain.WriteAsync("two");
        await grain.DeactivateAsync();
        Assert.Equal("two", await grain.ReadAsync());

        await grain.ClearAsync();
        await grain.DeactivateAsync();
        Assert.Equal("", await grain.ReadAsync());
        await grain.WriteAsync("three");

        Assert.Equal(1, await database.ScalarAsync<long>("SELECT count(*) FROM orleans.orleansstorage"));
        await silo.StopAsync(Cancellation);
    }

    [Fact]
    public async Task A_second_silo_joins_the_first_and_reads_its_state()
    {
        await using var database = await LogTestDatabase.CreateAsync();
        using var first = await OrleansSilo.StartAsync(database, Cancellation);
        await first.Services.GetRequiredService<IGrainFactory>().GetGrain<INotebookGrain>("shared").WriteAsync("from the first");
        using var second = await OrleansSilo.StartAsync(database, Cancellation);

        Assert.Equal(2, await database.ScalarAsync<long>("SELECT count(*) FROM orleans.orleansmembershiptable WHERE status = 3"));
        await first.StopAsync(Cancellation);

        var grain = second.Services.GetRequiredService<IGrainFactory>().GetGrain<INotebookGrain>("shared");
        Assert.Equal("from the first", await grain.ReadAsync());
        await second.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Of_eight_first_writes_of_a_state_at_once_one_wins_and_one_row_is_there()
    {
        await using var database = await LogTestDatabase.CreateAsync();
        using var silo = await OrleansSilo.StartAsync(database, Cancellation);
        var storage = silo.Services.GetRequiredService<IGrainStorage>();
        // A string key and a number key differ in which column of the row is null.
        GrainId[] grains =
        [
            .. Enumerable.Range(0, 10).Select(n => GrainId.Create("notebook", $"key-{n}")),
            .. Enumerable.Range(0, 10).Select(n => GrainId.Create(GrainType.Create("notebook"), GrainIdKeyExtensions.CreateIntegerKey(n))),
        ];

        foreach (var grain in grains)
        {
            var writes = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => WriteFirstAsync(storage, grain, $"writer {n}")));
            Assert.Equal(1, writes.Count(won => won));
            var state = new GrainState<Notebook>();
            await storage.ReadStateAsync("notebook", grain, state);
            Assert.Equal("1", state.ETag);
        }

        Assert.Equal(grains.Length, await database.ScalarAsync<long>("SELECT count(*) FROM orleans.orleansstorage"));
        await silo.StopAsync(Cancellation);
    }

    [Fact]
    public async Task A_write_with_an_old_version_is_refused()
    {
        await using var database = await LogTestDatabase.CreateAsync();
        using var silo = await OrleansSilo.StartAsync(database, Cancellation);
        var storage = silo.Services.GetRequiredService<IGrainStorage>();
        var grain = GrainId.Create("notebook", "contested");
        var mine = new GrainState<Notebook>(new Notebook { Text = "mine" });
        await storage.WriteStateAsync("notebook", grain, mine);
        var theirs = new GrainState<Notebook>();
        await storage.ReadStateAsync("notebook", grain, theirs);
        await storage.WriteStateAsync("notebook", grain, theirs);

        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("notebook", grain, mine));
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync("notebook", grain, mine));
        await storage.ClearStateAsync("notebook", grain, theirs);
        await silo.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Reminders_are_kept_updated_and_deleted()
    {
        await using var database = await LogTestDatabase.CreateAsync();
        using var silo = await OrleansSilo.StartAsync(database, Cancellation);
        var grain = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<INotebookGrain>(new string('k', 300));

        await grain.RemindAsync("tea");
        await grain.RemindAsync("tea");
        Assert.Equal(["milk", "tea"], await grain.RemindAsync("milk"));
        await grain.ForgetAsync("tea");

        Assert.Equal("milk 3456000000", await database.ScalarAsync<string>("""
            SELECT string_agg(remindername || ' ' || period, ',') FROM orleans.orleansreminderstable
            """));

        // The whole ring, and both kinds of range.
        var table = silo.Services.GetRequiredService<IReminderTable>();
        var hash = await database.ScalarAsync<int>("SELECT grainhash FROM orleans.orleansreminderstable");
        var uniform = unchecked((uint)hash);
        Assert.Single((await table.ReadRows(0, 0)).Reminders);
        Assert.Single((await table.ReadRows(uniform - 1, uniform)).Reminders);
        Assert.Empty((await table.ReadRows(uniform, uniform + 1)).Reminders);
        Assert.Single((await table.ReadRows(uniform + 1, uniform)).Reminders);
        await silo.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Membership_is_one_versioned_value_and_only_dead_silos_are_cleaned_up()
    {
        await using var database = await LogTestDatabase.CreateAsync();
        using var silo = await OrleansSilo.StartAsync(database, Cancellation);
        var table = silo.Services.GetRequiredService<IMembershipTable>();
        var version = (await table.ReadAllAsync(Cancellation)).Version;
        var dead = Entry(11111, SiloStatus.Dead);
        var joining = Entry(22222, SiloStatus.Joining);     // not active, or the silo would probe it and suspect it itself

        Assert.True(await table.InsertRowAsync(dead, version.Next(), Cancellation));
        Assert.False(await table.InsertRowAsync(joining, version.Next(), Cancellation), "The version had moved.");
        version = (await table.ReadAllAsync(Cancellation)).Version;
        Assert.False(await table.InsertRowAsync(dead, version.Next(), Cancellation), "The silo is there already.");
        Assert.True(await table.InsertRowAsync(joining, version.Next(), Cancellation));

        var (read, etag) = (await table.ReadRowAsync(joining.SiloAddress, Cancellation)).Members.Single();
        read.AddSuspector(dead.SiloAddress, DateTime.UnixEpoch.AddYears(50));
        version = (await table.ReadAllAsync(Cancellation)).Version;
        Assert.True(await table.UpdateRowAsync(read, etag, version.Next(), Cancellation));
        Assert.False(await table.UpdateRowAsync(read, etag, version.Next(), Cancellation), "The version had moved.");
        Assert.Single((await table.ReadRowAsync(joining.SiloAddress, Cancellation)).Members.Single().Item1.SuspectTimes!);

        await table.CleanupDefunctSiloEntriesAsync(new DateTimeOffset(DateTime.UnixEpoch.AddYears(51)), Cancellation);
        var left = (await table.ReadAllAsync(Cancellation)).Members.Select(member => member.Item1.SiloAddress.Endpoint.Port).ToArray();
        Assert.DoesNotContain(11111, left);
        Assert.Contains(22222, left);
        await silo.StopAsync(Cancellation);
    }

    private static MembershipEntry Entry(int port, SiloStatus status) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Loopback, port, 1),
        SiloName = $"silo-{port}",
        HostName = "localhost",
        Status = status,
        ProxyPort = 0,
        StartTime = DateTime.UnixEpoch.AddYears(50),
        IAmAliveTime = DateTime.UnixEpoch.AddYears(50),
    };

    private static async Task<bool> WriteFirstAsync(IGrainStorage storage, GrainId grain, string text)
    {
        try
        {
            await storage.WriteStateAsync("notebook", grain, new GrainState<Notebook>(new Notebook { Text = text }));
            return true;
        }
        catch (InconsistentStateException)
        {
            return false;
        }
    }
}
