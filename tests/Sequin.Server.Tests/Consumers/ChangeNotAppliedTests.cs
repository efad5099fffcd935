using Sequin.Server.Tests.Databases;
using Sequin.Server.Tests.Hosting;
using Sequin.Testing;

namespace Sequin.Server.Tests.Consumers;

/// <summary>Hurts its server, so it has one of its own.</summary>
public sealed class ChangeNotAppliedTests
{
    [Fact]
    public async Task A_change_that_the_consumer_cannot_take_over_is_stored_and_repeating_it_applies_it()
    {
        await using var log = await TestDatabase.CreateAsync();
        await using var source = await SourceDatabase.CreateAsync();
        await using var server = await ApiServer.StartAsync(log.ConnectionString);
        using var api = ApiServer.ClientOf(server, ApiServer.Token);
        (await api.PostAsync("/api/postgres_databases", source.Request())).Is(201);
        var consumer = new { name = "c", database = source.Name, destination = new { type = "sequin_stream" } };
        (await api.PostAsync("/api/consumers", consumer)).Is(201);
        Assert.Equal("{\"data\":[]}", (await api.GetAsync("/api/consumers/c/receive")).Is(200).Body);

        // What the consumer reads when it is loaded again, and nothing else reads.
        await log.ExecuteAsync("ALTER TABLE sequin.cluster_secrets RENAME TO away", TestContext.Current.CancellationToken);
        var stored = await api.PatchAsync("/api/consumers/c", """{"status":"disabled"}""", "\"1\"");
        Assert.Equal("cluster_unavailable", stored.IsProblem(503).Says("stored, as revision \"2\"").Text("code"));
        Assert.NotNull(stored.RetryAfter);
        await log.ExecuteAsync("ALTER TABLE sequin.away RENAME TO cluster_secrets", TestContext.Current.CancellationToken);

        var applied = (await api.PatchAsync("/api/consumers/c", """{"status":"disabled"}""", "\"2\"")).Is(200);

        Assert.Equal(("\"3\"", "disabled"), (applied.ETag, applied.Text("status")));
        (await api.GetAsync("/api/consumers/c/receive")).IsProblem(409);
    }
}
