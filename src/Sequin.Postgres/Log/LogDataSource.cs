using Microsoft.Extensions.Logging;
using Npgsql;

namespace Sequin.Postgres.Log;

/// <summary>Connections to the log database.</summary>
public static class LogDataSource
{
    internal const string ApplicationName = "sequin";

    // Statements of the catalog and the slots are few and repeat: planned once a connection instead of every time.
    private const int PreparedStatementsMax = 50;

    // A segment is a megabyte: by the default 8 KiB it would take a hundred writes to the socket.
    private const int BufferBytes = 64 * 1024;

    /// <param name="connectionString">The log database's connection string, in Npgsql's form.</param>
    /// <param name="loggerFactory">Where Npgsql logs; null: nowhere.</param>
    public static NpgsqlDataSource Create(string connectionString, ILoggerFactory? loggerFactory = null)
    {
        var builder = new NpgsqlDataSourceBuilder(Settings(connectionString).ConnectionString);
        if (loggerFactory is not null)
            builder.UseLoggerFactory(loggerFactory);
        return builder.Build();
    }

    internal static NpgsqlConnectionStringBuilder Settings(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxAutoPrepare = PreparedStatementsMax,
            WriteBufferSize = BufferBytes,
            ReadBufferSize = BufferBytes,
        };
        settings.ApplicationName ??= ApplicationName;
        // The source is told that its changes are safe as soon as a commit here returns, so it must mean that, whatever a role, a
        // database or the user's own options say. The last option wins.
        settings.Options = $"{settings.Options} -c synchronous_commit=on".TrimStart();
        return settings;
    }
}
