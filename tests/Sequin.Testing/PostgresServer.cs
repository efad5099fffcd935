using Sequin.Postgres.Embedded;

namespace Sequin.Testing;

/// <summary>The PostgreSQL of the tests: one for the whole run, and one of its own for a test that stops or kills its server.</summary>
public static class PostgresServer
{
    private static readonly Lazy<Task<EmbeddedPostgres>> Shared = new(StartSharedAsync);

    /// <summary>
    /// Started by the first test that asks, stopped when the process ends. Its data is as safe as in production against everything
    /// but a failing machine.
    /// </summary>
    public static Task<EmbeddedPostgres> SharedAsync() => Shared.Value;

    /// <summary>The caller disposes of it.</summary>
    public static Task<EmbeddedPostgres> StartOwnAsync(
        EmbeddedPostgresOptions? options = null, CancellationToken cancellationToken = default) =>
        EmbeddedPostgres.StartAsync(options ?? new EmbeddedPostgresOptions(), logger: null, cancellationToken);

    private static async Task<EmbeddedPostgres> StartSharedAsync()
    {
        var options = new EmbeddedPostgresOptions
        {
            Settings = new Dictionary<string, string>
            {
                // Only a torn page after a crash of the machine would need them, and every test database writes each of its pages once.
                ["full_page_writes"] = "off",
                ["max_prepared_transactions"] = "10",
            },
        };
        var server = await EmbeddedPostgres.StartAsync(options, logger: null, CancellationToken.None);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return server;
    }
}
