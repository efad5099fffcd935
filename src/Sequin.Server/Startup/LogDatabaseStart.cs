using Npgsql;
using Sequin.Postgres.Embedded;
using Sequin.Postgres.Log;
using Sequin.Server.Configuration;

namespace Sequin.Server.Startup;

/// <summary>The log database, ready for use: given, or our own.</summary>
internal sealed class LogDatabaseStart : IAsyncDisposable
{
    /// <summary>In the embedded server.</summary>
    private const string DatabaseName = "sequin";

    /// <summary>A log database that comes up together with us is waited for.</summary>
    private static readonly TimeSpan ConnectMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ConnectRetryInterval = TimeSpan.FromSeconds(1);

    private LogDatabaseStart(string connectionString, EmbeddedPostgres? embedded) =>
        (ConnectionString, Embedded) = (connectionString, embedded);

    public string ConnectionString { get; }

    /// <summary>Null: the log database was given.</summary>
    public EmbeddedPostgres? Embedded { get; }

    /// <param name="options">Says which.</param>
    /// <param name="isThrowAway">The embedded one is deleted with the process.</param>
    /// <param name="time">Of the retries.</param>
    /// <param name="logger">Where it is told.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<LogDatabaseStart> RunAsync(
        ServerOptions options, bool isThrowAway, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        if (options.LogDatabase is { } given)
        {
            await MigrateWhenUpAsync(given, time, logger, cancellationToken);
            return new LogDatabaseStart(given, null);
        }

        var embedded = await StartEmbeddedAsync(isThrowAway ? null : options.DataDirectory, logger, cancellationToken);
        try
        {
            var connectionString = await CreateDatabaseAsync(embedded, cancellationToken);
            await LogDatabase.MigrateAsync(connectionString, logger, cancellationToken);
            return new LogDatabaseStart(connectionString, embedded);
        }
        catch
        {
            await embedded.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Embedded is not null)
            await Embedded.DisposeAsync();
    }

    private static async Task<EmbeddedPostgres> StartEmbeddedAsync(
        string? dataDirectory, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            var directory = dataDirectory is null ? null : Path.Combine(Path.GetFullPath(dataDirectory), "postgres");
            return await EmbeddedPostgres.StartAsync(
                new EmbeddedPostgresOptions { DataDirectory = directory }, logger, cancellationToken);
        }
        catch (Exception exception) when (exception is PostgresNotFoundException or PostgresStartException)
        {
            throw new StartupException(ExitCode.NoPostgres, exception.Message, exception);
        }
    }

    private static async Task<string> CreateDatabaseAsync(EmbeddedPostgres embedded, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(embedded.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"CREATE DATABASE {DatabaseName} ENCODING 'UTF8' TEMPLATE template0", connection);
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException exists) when (exists.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            // Kept from an earlier run.
        }

        return new NpgsqlConnectionStringBuilder(embedded.ConnectionString) { Database = DatabaseName }.ConnectionString;
    }

    private static async Task MigrateWhenUpAsync(
        string connectionString, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                await LogDatabase.MigrateAsync(connectionString, logger, cancellationToken);
                return;
            }
            catch (LogDatabaseRefusedException refused)
            {
                throw new StartupException(ExitCode.Configuration, refused.Message, refused);
            }
            catch (NpgsqlException exception) when (exception.IsTransient && time.GetElapsedTime(started) < ConnectMax)
            {
                await Task.Delay(ConnectRetryInterval, time, cancellationToken);
            }
            catch (NpgsqlException exception)
            {
                // Npgsql's text has host and port and never the password.
                throw new StartupException(ExitCode.NoPostgres,
                    $"The log database (ConnectionStrings__sequin or DATABASE_URL) cannot be used: {exception.Message}", exception);
            }
        }
    }
}
