using Sequin.Postgres.Embedded;
using Sequin.Server.Tests.Databases;
using Sequin.Server.Tests.Hosting;
using Sequin.Testing;

namespace Sequin.Server.Tests.Errors;

public sealed class LogDatabaseAwayTests
{
    [Fact]
    public async Task Without_the_log_database_everything_is_503_and_nothing_is_acked()
    {
        await using var postgres = await PostgresServer.StartOwnAsync(cancellationToken: TestContext.Current.CancellationToken);
        await using var source = await SourceDatabase.CreateAsync();
        await using var server = await ApiServer.StartAsync(postgres.ConnectionString);
        using var api = ApiServer.ClientOf(server, ApiServer.Token);
        using var stranger = ApiServer.ClientOf(server, "some-other-token-of-any-length");
        (await api.PostAsync("/api/postgres_databases", source.Request())).Is(201);
        (await api.PostAsync("/api/sinks", new
        {
            name = "c",
            database = source.Name,
            // The next life of the consumer takes what was leased for leased this long.
            visibility_timeout_ms = 1000,
            destination = new { type = "sequin_stream" },
        })).Is(201);
        await source.Database.ExecuteAsync("INSERT INTO orders VALUES (1, 'new')", TestContext.Current.CancellationToken);
        var message = (await api.GetAsync("/api/consumers/c/receive?wait_for=30s")).Is(200).Json.GetProperty("data")[0];
        var ack = $$"""{"ack_ids":["{{message.GetProperty("ack_id").GetString()}}"]}""";

        await postgres.StopAsync(ShutdownMode.Immediate, TestContext.Current.CancellationToken);

        Assert.NotNull((await api.GetAsync("/api/streams")).IsProblem(503).RetryAfter);
        Assert.NotNull((await api.PostAsync("/api/postgres_databases", source.Request())).IsProblem(503).RetryAfter);
        Assert.NotNull((await api.PostAsync("/api/consumers/c/ack", ack)).IsProblem(503).RetryAfter);
        // Whether the token is good cannot be known: that is not a 401.
        (await stranger.GetAsync("/api/streams")).IsProblem(503);
        (await api.GetAsync("/health")).Is(503);
        (await api.GetAsync("/health/live")).Is(200);

        await postgres.RestartAsync(ShutdownMode.Immediate, TestContext.Current.CancellationToken);

        var again = (await api.GetAsync("/api/consumers/c/receive?wait_for=30s")).Is(200).Json.GetProperty("data")[0];
        Assert.Equal(message.GetProperty("offset").GetInt64(), again.GetProperty("offset").GetInt64());
        (await api.GetAsync("/health")).Is(200);
    }
}
