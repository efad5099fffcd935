using Dapper;
using Npgsql;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Checks;

namespace Sequin.Postgres.Tests.Source;

/// <summary>A database of its own for one test, with a slot name of its own; its slots are dropped with it.</summary>
public sealed class SourceTestDatabase(SourceTestServer server, SourceAddress address) : IAsyncDisposable
{
    public SourceTestServer Server { get; } = server;
    public SourceAddress Address { get; } = address;
    public string SlotName { get; } = server.UniqueName("slot");
    public string PublicationName { get; } = "Pub \"1\"";

    public Task<NpgsqlConnection> OpenAsync() => SourceConnector.OpenAsync(Address, TestContext.Current.CancellationToken);

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await connection.ExecuteAsync(sql);
    }

    public async Task<T> QueryAsync<T>(string sql)
    {
        await using var connection = await OpenAsync();
        return (await connection.ExecuteScalarAsync<T>(sql))!;
    }

    /// <summary>Creates a role that may log in and is nothing else, and answers the address as that role.</summary>
    public async Task<SourceAddress> CreateRoleAsync(string attributes)
    {
        var role = Server.UniqueName("role");
        await ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD '{SourceTestServer.Password}' {attributes}");
        return Address with { Username = role };
    }

    public PreflightRequest Request() => new() { Address = Address, SlotName = SlotName, PublicationName = PublicationName };

    public PreflightRequest CreateBoth() => Request() with { CreatePublication = true, CreateSlot = true };

    public static Task<PreflightReport> LookAsync(PreflightRequest request) =>
        Preflight.RunAsync(request, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await using var connection = await SourceConnector.OpenAsync(Server.Address(), CancellationToken.None);
        await connection.ExecuteAsync(
            "SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE database = @name AND active",
            new { name = Address.Database });
        await connection.ExecuteAsync(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = @name", new { name = Address.Database });
        await connection.ExecuteAsync($"DROP DATABASE {Address.Database} WITH (FORCE)");
    }
}
