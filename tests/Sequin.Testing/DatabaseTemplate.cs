using Npgsql;
using Sequin.Postgres.Embedded;

namespace Sequin.Testing;

/// <summary>
/// A database that is prepared once per run and cloned for each test; a clone costs milliseconds. Keep it in a static field.
/// It lives on the shared server.
/// </summary>
/// <param name="prepare">Gets the connection string of the empty template.</param>
public sealed class DatabaseTemplate(Func<string, Task> prepare)
{
    private readonly string _name = TestDatabase.NewName("template");
    private readonly Lock _lock = new();
    private Task<string>? _made;

    /// <summary>The name of the prepared template.</summary>
    internal Task<string> OnAsync(EmbeddedPostgres server)
    {
        lock (_lock)
            return _made ??= MakeAsync(server);
    }

    private async Task<string> MakeAsync(EmbeddedPostgres server)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await connection.RunAsync($"CREATE DATABASE {_name}");
        await prepare(TestDatabase.ConnectionStringTo(server, _name));
        // A template can only be cloned while nobody is connected, and pools stay connected.
        await connection.RunAsync($"ALTER DATABASE {_name} ALLOW_CONNECTIONS false");
        await connection.RunAsync(
            $"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{_name}' AND pid <> pg_backend_pid()");
        return _name;
    }
}
