using Npgsql;
using Sequin.Postgres.Embedded;
using Sequin.Testing;

namespace Sequin.Server.Tests.Databases;

/// <summary>A source with a table, and the request that registers it.</summary>
internal sealed class SourceDatabase(TestDatabase database) : IAsyncDisposable
{
    public TestDatabase Database { get; } = database;

    /// <summary>Slots are named once per server; so are sources, for the tests share a catalog.</summary>
    public string Name => Database.Name;

    public static async Task<SourceDatabase> CreateAsync(EmbeddedPostgres? server = null)
    {
        var database = server is null ? await TestDatabase.CreateAsync() : await TestDatabase.CreateAsync(server);
        await database.ExecuteAsync("CREATE TABLE orders (id bigint PRIMARY KEY, status text)", TestContext.Current.CancellationToken);
        return new SourceDatabase(database);
    }

    /// <summary>As a caller writes it; a test changes what it is about.</summary>
    public Dictionary<string, object?> Request()
    {
        var address = new NpgsqlConnectionStringBuilder(Database.ConnectionString);
        return new Dictionary<string, object?>
        {
            ["name"] = Name,
            ["hostname"] = address.Host,
            ["port"] = address.Port,
            ["database"] = address.Database,
            ["username"] = address.Username,
            ["password"] = address.Password,
            ["ssl"] = false,
            ["replication_slots"] = new[]
            {
                new Dictionary<string, object?>
                {
                    ["slot_name"] = Name, ["publication_name"] = "pub", ["create_if_not_exists"] = true,
                },
            },
        };
    }

    public Task<long> SlotsAsync() =>
        Database.ScalarAsync<long>($"SELECT count(*) FROM pg_replication_slots WHERE database = '{Database.Name}'");

    public Task<long> PublicationsAsync() => Database.ScalarAsync<long>("SELECT count(*) FROM pg_publication");

    public ValueTask DisposeAsync() => Database.DisposeAsync();
}
