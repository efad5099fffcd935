using System.Diagnostics;
using Npgsql;
using Sequin.Postgres.Embedded;

namespace Sequin.Testing;

/// <summary>A database of one test: with a name of its own, and gone afterwards together with its replication slots.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private static readonly TimeSpan DropMax = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan DropRetryInterval = TimeSpan.FromMilliseconds(50);

    private TestDatabase(EmbeddedPostgres server, string name)
    {
        Server = server;
        Name = name;
    }

    public EmbeddedPostgres Server { get; }
    public string Name { get; }

    /// <summary>Of the superuser.</summary>
    public string ConnectionString => ConnectionStringTo(Server, Name);

    /// <summary>An empty database on the shared server.</summary>
    public static Task<TestDatabase> CreateAsync() => CreateAsync(template: null);

    /// <summary>A clone of the template on the shared server.</summary>
    public static async Task<TestDatabase> CreateAsync(DatabaseTemplate? template)
    {
        var server = await PostgresServer.SharedAsync();
        return await CreateAsync(server, template is null ? "template1" : await template.OnAsync(server), pooled: true);
    }

    /// <summary>An empty database on a server of the test's own.</summary>
    public static Task<TestDatabase> CreateAsync(EmbeddedPostgres server) => CreateAsync(server, "template1", pooled: false);

    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken = default)
    {
        var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    /// <summary>Runs statements on a connection of their own.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken = default)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await connection.RunAsync(sql, cancellationToken);
    }

    /// <summary>The first column of the first row.</summary>
    public async Task<T?> ScalarAsync<T>(string sql, CancellationToken cancellationToken = default)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken) is T value ? value : default;
    }

    public async ValueTask DisposeAsync()
    {
        // A test may leave its own server stopped; what was in it goes with it.
        if (Server.ProcessId == 0 && Server.BinDirectory is not null)
            return;
        await using (var pooled = new NpgsqlConnection(ConnectionString))
            NpgsqlConnection.ClearPool(pooled);
        // Not pooled: the server may have been stopped and started since.
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        // A pump that is still alive would otherwise come back between the two steps.
        await connection.RunAsync($"ALTER DATABASE {Name} ALLOW_CONNECTIONS false");
        await DropAsync(connection);
    }

    internal static string NewName(string kind) => $"{kind}_{Guid.NewGuid():N}"[..24];

    internal static string ConnectionStringTo(EmbeddedPostgres server, string database) =>
        new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = database }.ConnectionString;

    // A server that tests hurt leaves broken connections in the pool.
    private static async Task<TestDatabase> CreateAsync(EmbeddedPostgres server, string template, bool pooled)
    {
        var database = new TestDatabase(server, NewName("test"));
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(server.ConnectionString) { Pooling = pooled }.ConnectionString);
        await connection.OpenAsync();
        await connection.RunAsync($"CREATE DATABASE {database.Name} TEMPLATE {template}");
        return database;
    }

    /// <summary>Dropping a database drops its slots too, but not while one streams; a terminated walsender takes a moment to go.</summary>
    private async Task DropAsync(NpgsqlConnection connection)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            await connection.RunAsync(
                $"SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE database = '{Name}' AND active");
            try
            {
                await connection.RunAsync($"DROP DATABASE {Name} WITH (FORCE)");
                return;
            }
            catch (PostgresException inUse) when (
                inUse.SqlState == PostgresErrorCodes.ObjectInUse && Stopwatch.GetElapsedTime(started) < DropMax)
            {
                await Task.Delay(DropRetryInterval, TimeProvider.System);
            }
        }
    }
}
