using Microsoft.Extensions.Logging;
using Npgsql;

namespace Sequin.Postgres.Log;

/// <summary>
/// The log database as a whole: its schema <c>sequin</c> (catalog, slots, segments, secrets) and its schema <c>orleans</c>
/// (cluster membership, grain state, reminders).
/// </summary>
public static partial class LogDatabase
{
    // Any number will do that nobody else takes; never change it, or two versions would migrate at the same time.
    private const long MigrationLock = 7_738_142_550_911_224_801;

    /// <summary>
    /// Brings the database to the schema of this build. Any number of processes may call it at once: one migrates, the others wait
    /// and find nothing left to do. Each script is one transaction with its journal entry, so it may be killed at any time.
    /// </summary>
    /// <exception cref="LogDatabaseRefusedException">The server cannot keep what we promise; the text says why and what to do.</exception>
    public static async Task MigrateAsync(string connectionString, ILogger logger, CancellationToken cancellationToken)
    {
        // One session holds the lock and runs the scripts: when it is gone, both are. Not pooled, so that closing it ends it.
        var settings = LogDataSource.Settings(connectionString);
        settings.Pooling = false;
        settings.CommandTimeout = 0;
        settings.Options += " -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0";
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);

        var server = await LogServer.ReadAsync(connection, cancellationToken);
        if (server.Refusal() is { } reason)
            throw new LogDatabaseRefusedException(reason);

        await using (var command = new NpgsqlCommand("SELECT pg_advisory_lock($1)", connection))
        {
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = MigrationLock });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        // DbUp knows no async; this happens once, before anything else runs.
        var applied = await Task.Run(() => LogMigrations.Run(connection), cancellationToken);
        foreach (var script in applied)
            LogMigrated(logger, script);
    }

    /// <summary>The connection string to give to Orleans' ADO.NET providers: they find their tables by its search path.</summary>
    public static string OrleansConnectionString(string connectionString)
    {
        var settings = LogDataSource.Settings(connectionString);
        settings.SearchPath = "orleans";
        settings.ApplicationName = $"{settings.ApplicationName}-orleans";
        return settings.ConnectionString;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Log database migrated by {ScriptName}")]
    private static partial void LogMigrated(ILogger logger, string scriptName);
}
