using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Sequin.Postgres.Embedded;
using Sequin.Postgres.Log;
using Sequin.Testing;

namespace Sequin.Postgres.Tests.Log;

/// <summary>A log database for one test: migrated (cloned from a template), or empty.</summary>
public sealed class LogTestDatabase : IAsyncDisposable
{
    private static readonly DatabaseTemplate Migrated = new(connectionString =>
        LogDatabase.MigrateAsync(connectionString, NullLogger.Instance, CancellationToken.None));

    private readonly TestDatabase _database;

    private LogTestDatabase(TestDatabase database)
    {
        _database = database;
        DataSource = LogDataSource.Create(database.ConnectionString);
    }

    public string ConnectionString => _database.ConnectionString;
    public NpgsqlDataSource DataSource { get; }

    public static async Task<LogTestDatabase> CreateAsync() => new(await TestDatabase.CreateAsync(Migrated));

    /// <summary>On a server of the test's own.</summary>
    public static async Task<LogTestDatabase> CreateAsync(EmbeddedPostgres server)
    {
        var log = new LogTestDatabase(await TestDatabase.CreateAsync(server));
        await LogDatabase.MigrateAsync(log.ConnectionString, NullLogger.Instance, CancellationToken.None);
        return log;
    }

    public static async Task<LogTestDatabase> CreateEmptyAsync() => new(await TestDatabase.CreateAsync());

    public Task<T?> ScalarAsync<T>(string sql) => _database.ScalarAsync<T>(sql);

    public Task ExecuteAsync(string sql) => _database.ExecuteAsync(sql);

    public async ValueTask DisposeAsync()
    {
        await DataSource.DisposeAsync();
        await _database.DisposeAsync();
    }
}
