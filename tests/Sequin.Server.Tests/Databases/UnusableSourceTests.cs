using System.Net;
using System.Net.Sockets;
using Sequin.Postgres.Embedded;
using Sequin.Server.Tests.Hosting;
using Sequin.Testing;

namespace Sequin.Server.Tests.Databases;

/// <summary>A source that cannot be used is refused with what mends it, and nothing is left behind: not here, not there.</summary>
public sealed class UnusableSourceTests(ApiServer server)
{
    private const string Path = "/api/postgres_databases";

    [Fact]
    public async Task A_source_that_does_not_answer()
    {
        await using var source = await SourceDatabase.CreateAsync();
        var request = source.Request();
        request["port"] = ClosedPort();

        await RefusedAsync(source, request, "unreachable", "hostname");
    }

    [Fact]
    public async Task A_host_that_does_not_exist()
    {
        await using var source = await SourceDatabase.CreateAsync();
        var request = source.Request();
        request["hostname"] = "no-such-host.invalid";

        await RefusedAsync(source, request, "host_unknown", "hostname");
    }

    [Fact]
    public async Task A_wrong_password()
    {
        await using var source = await SourceDatabase.CreateAsync();
        var request = source.Request();
        request["password"] = "hunter2";

        var answer = await RefusedAsync(source, request, "wrong_password", "password");

        Assert.DoesNotContain("hunter2", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_does_not_exist()
    {
        await using var source = await SourceDatabase.CreateAsync();
        var request = source.Request();
        request["database"] = "no_such_database";

        await RefusedAsync(source, request, "unknown_database", "database");
    }

    [Fact]
    public async Task Something_that_is_not_PostgreSQL()
    {
        await using var source = await SourceDatabase.CreateAsync();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeHttpAsync(listener);
        var request = source.Request();
        request["port"] = ((IPEndPoint)listener.LocalEndpoint).Port;

        await RefusedAsync(source, request, "not_postgres", null);

        listener.Stop();
        await serving;
    }

    [Fact]
    public async Task Wal_level_replica()
    {
        await using var replica = await PostgresServer.StartOwnAsync(
            new EmbeddedPostgresOptions { Settings = new Dictionary<string, string> { ["wal_level"] = "replica" } },
            TestContext.Current.CancellationToken);
        await using var source = await SourceDatabase.CreateAsync(replica);

        (await RefusedAsync(source, source.Request(), "wal_level_wrong", null)).Says("ALTER SYSTEM SET wal_level");
    }

    [Fact]
    public async Task A_table_without_a_replica_identity()
    {
        await using var source = await SourceDatabase.CreateAsync();
        await source.Database.ExecuteAsync("CREATE TABLE keyless (a int)", TestContext.Current.CancellationToken);
        var request = source.Request();
        request["tables"] = new[] { "public.orders", "keyless" };

        (await RefusedAsync(source, request, "replica_identity_missing", "tables")).Says("REPLICA IDENTITY FULL");
    }

    [Fact]
    public async Task A_table_that_does_not_exist()
    {
        await using var source = await SourceDatabase.CreateAsync();
        var request = source.Request();
        request["tables"] = new[] { "public.nothing" };

        await RefusedAsync(source, request, "table_missing", "tables");
    }

    [Fact]
    public async Task A_missing_publication_and_slot_that_nobody_asked_to_create()
    {
        await using var source = await SourceDatabase.CreateAsync();
        var request = source.Request();
        request["replication_slots"] = new[] { new { slot_name = source.Name, publication_name = "pub" } };

        var answer = (await server.Api.PostAsync(Path, request)).IsProblem(422);

        var findings = answer.Json.GetProperty("findings").EnumerateArray();
        var codes = findings.Select(finding => finding.GetProperty("code").GetString()).ToList();
        Assert.Contains("publication_missing", codes);
        Assert.Contains("slot_missing", codes);
        answer.Says("CREATE PUBLICATION");
    }

    [Fact]
    public async Task A_failing_connection_test_is_422_with_the_reason()
    {
        await using var source = await SourceDatabase.CreateAsync();
        (await server.Api.PostAsync(Path, source.Request())).Is(201);
        await source.Database.ExecuteAsync("DROP PUBLICATION pub", TestContext.Current.CancellationToken);

        var answer = (await server.Api.PostAsync($"{Path}/{source.Name}/test_connection", "{}")).IsProblem(422);

        Assert.False(answer.Json.GetProperty("success").GetBoolean());
        Assert.Contains("pub", answer.Text("reason"), StringComparison.Ordinal);
        (await server.Api.DeleteAsync($"{Path}/{source.Name}")).Is(200);
    }

    private async Task<ApiAnswer> RefusedAsync(SourceDatabase source, Dictionary<string, object?> request, string code, string? field)
    {
        var answer = (await server.Api.PostAsync(Path, request)).IsProblem(422);

        var findings = answer.Json.GetProperty("findings").EnumerateArray().ToList();
        Assert.Contains(findings, finding => finding.GetProperty("code").GetString() == code);
        if (field is not null)
            Assert.True(answer.Json.GetProperty("validation_errors").TryGetProperty(field, out _), answer.Body);
        (await server.Api.GetAsync($"{Path}/{source.Name}")).IsProblem(404);
        (await server.Api.GetAsync($"/api/streams/{source.Name}")).IsProblem(404);
        Assert.Equal((0, 0), (await source.SlotsAsync(), await source.PublicationsAsync()));
        return answer;
    }

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task ServeHttpAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException)
        {
            // Stopped by the test.
        }
    }
}
